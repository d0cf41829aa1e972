"""What each architecture is for, on functions of which the relation is known.

Each of four tasks is a sum of four units of one hidden layer, with noise. The networks
have four units too: enough for one function, not for two.
"""

import numpy as np
import pytest

from sklearn_mtl.neural_network import MultiTaskNetRegressor

SEEDS = [0, 1]


def unexplained(architecture, n_functions):
    """Return the mean over seeds of the error, in units of the variance."""
    return np.mean(
        [fit_and_score(architecture, n_functions, seed) for seed in SEEDS], axis=0
    )


def fit_and_score(architecture, n_functions, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(1800, 8))
    W = rng.normal(size=(n_functions, 8, 4))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    functions = np.tanh(3 * np.einsum("nd,cdu->cnu", X, W)).sum(-1)
    functions /= functions.std(axis=1, keepdims=True)
    Y = functions[np.arange(4) * n_functions // 4].T
    Y = Y + 0.1 * rng.normal(size=(1800, 4))
    net = MultiTaskNetRegressor(
        (4,),
        preset="plain",
        architecture=architecture,
        activation="tanh",
        lr=0.03,
        max_epochs=30,
        early_stopping=False,
        random_state=seed,
    )
    return 1 - net.fit(X[:800], Y[:800]).score(X[800:], Y[800:])


@pytest.fixture(scope="module")
def error_of_hard_sharing():
    """Of the shared bottom, for one and for two functions."""
    return {k: unexplained("shared_bottom", k) for k in (1, 2)}


ARCHITECTURES = ["cross_stitch", "mmoe", "ple", "soft_sharing"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_two_groups_of_tasks_that_conflict(architecture, error_of_hard_sharing):
    """A shared layer is too small for both; these find out who belongs together."""
    assert unexplained(architecture, 2) < 0.7 * error_of_hard_sharing[2]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_tasks_that_are_the_same(architecture, error_of_hard_sharing):
    """Nothing is to be gained, and hardly anything lost."""
    assert unexplained(architecture, 1) < error_of_hard_sharing[1] + 0.02
