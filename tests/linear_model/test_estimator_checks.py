"""scikit-learn's own checks: all of them of every path, some of every penalty."""

import pytest
from sklearn.utils.estimator_checks import (
    check_fit2d_1feature,
    check_fit2d_1sample,
    check_sample_weight_equivalence_on_dense_data,
    check_sample_weight_equivalence_on_sparse_data,
    parametrize_with_checks,
)

from sklearn_mtl.linear_model import (
    RegularizedMTLClassifier,
    RegularizedMTLClassifierCV,
    RegularizedMTLRegressor,
    RegularizedMTLRegressorCV,
)
from sklearn_mtl.linear_model.penalties import PENALTIES

# Weights of rows and repeated rows are compared to more digits than the default.
SEARCH = {"alphas": [0.3, 0.1], "cv": 3, "tol": 1e-11, "random_state": 0}
BOTH = [RegularizedMTLClassifier, RegularizedMTLRegressor]


def make(MTL, name):
    penalty = PENALTIES[name]()
    if name in {"mean", "graph"}:
        # Of one task they are 0 otherwise, and separable classes have no solution.
        penalty.set_params(ridge=1.0)
    return MTL(penalty, alpha=0.05)


# An iterative solution, a closed form and a sum of penalties.
@parametrize_with_checks(
    [
        RegularizedMTLClassifier(alpha=0.05),
        RegularizedMTLRegressor("mean", alpha=0.05),
        RegularizedMTLRegressor("dirty", alpha=0.05),
        RegularizedMTLClassifierCV(**SEARCH),
        RegularizedMTLRegressorCV(**SEARCH),
        RegularizedMTLRegressorCV("mean", **SEARCH),
    ]
)
def test_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("MTL", BOTH)
@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize(
    "check",
    [
        check_fit2d_1feature,
        check_fit2d_1sample,
        check_sample_weight_equivalence_on_dense_data,
        check_sample_weight_equivalence_on_sparse_data,
    ],
)
def test_check_of_every_penalty(MTL, name, check):
    check(MTL.__name__, make(MTL, name))
