"""scikit-learn's own checks of every public estimator."""

import os
import subprocess
import sys

import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)

NETS = [MultiTaskNetClassifier, MultiTaskNetRegressor, MultiTaskNet]
# Small and fast; a full batch, since the checks compare weights with repeated rows.
SMALL = {
    "hidden_layer_sizes": (8,),
    "preset": "plain",
    "lr": 0.01,
    "batch_size": 1000,
    "max_epochs": 30,
    "early_stopping": False,
    "random_state": 0,
}
BASELINES = [
    IndependentTasksClassifier(LogisticRegression()),
    IndependentTasksRegressor(Ridge()),
]


def expected_failures(estimator):
    """Return the checks that cannot pass, with the reason."""
    if getattr(estimator, "precision", None) == "float32":
        reason = "compares to 1e-7, which is less than the rounding of float32"
    elif getattr(estimator, "preset", "plain") != "plain":
        reason = "rows go to members in turn, and so do not repeated ones"
    else:
        return {}
    return {
        "check_sample_weight_equivalence_on_dense_data": reason,
        "check_sample_weight_equivalence_on_sparse_data": reason,
    }


@parametrize_with_checks(
    [
        *(
            Net(**SMALL, precision=precision)
            for Net in NETS
            for precision in ("float32", "float64")
        ),
        MultiTaskNetClassifier(
            **SMALL, architecture="mmoe", balancer="nash_mtl", precision="float64"
        ),
        MultiTaskNetRegressor(
            **SMALL,
            architecture="cross_stitch",
            balancer="uncertainty",
            precision="float64",
        ),
        *(Net(max_epochs=20, random_state=0, precision="float64") for Net in NETS),
        *BASELINES,
    ],
    expected_failed_checks=expected_failures,
)
def test_check(estimator, check):
    check(estimator)


@pytest.mark.skipif("SCIPY_ARRAY_API" in os.environ, reason="the checks run above")
def test_checks_of_array_api_input():
    """scikit-learn skips them unless this variable is set before it is imported."""
    command = [sys.executable, "-m", "pytest", __file__, "-k", "check_array_api"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-p", "no:xdist", "-q"],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
