import numpy as np
import pytest


@pytest.fixture
def regression():
    """Inputs with a mean, five targets of which a few features matter, and weights."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((80, 12)) + 1
    W = rng.standard_normal((12, 5)) * (rng.rand(12, 1) < 0.4)
    return X, X @ W + rng.standard_normal((80, 5)) + 3


@pytest.fixture
def missing(regression):
    """The same where a third of the targets is missing."""
    X, Y = regression
    Y = Y.copy()
    Y[np.random.RandomState(1).rand(*Y.shape) < 0.3] = np.nan
    return X, Y


@pytest.fixture
def classes(missing):
    """The same with three classes, two of which are in the first two tasks."""
    X, Y = missing
    low, high = np.nanquantile(Y, [0.3, 0.6], axis=0)
    codes = np.greater(Y, low).astype(float) + np.greater(Y, high)
    codes[:, :2] = codes[:, :2] > 0
    codes[np.isnan(Y)] = np.nan
    return X, codes
