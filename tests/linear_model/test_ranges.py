"""Numbers whose squares overflow are refused."""

import numpy as np
import pytest
from scipy import sparse

from sklearn_mtl.linear_model import (
    RegularizedMTLClassifier,
    RegularizedMTLRegressor,
    RegularizedMTLRegressorCV,
)

X = np.random.default_rng(0).normal(size=(20, 3))


@pytest.mark.parametrize("Model", [RegularizedMTLRegressor, RegularizedMTLRegressorCV])
@pytest.mark.parametrize("sign", [-1, 1])
def test_huge_quantities(Model, sign):
    y = np.array([np.nan, *[sign * 1e200] * 19])
    with pytest.raises(ValueError, match=r"'y' parameter of .* up to 1e\+75.*1e\+200"):
        Model().fit(X, y)


@pytest.mark.parametrize("as_table", [np.asarray, sparse.csr_array])
def test_huge_inputs(as_table):
    with pytest.raises(ValueError, match="'X' parameter of RegularizedMTLClassifier"):
        RegularizedMTLClassifier().fit(as_table(1e120 * X), X[:, 0] > 0)


def test_large_numbers_are_taken():
    model = RegularizedMTLRegressor("ridge", alpha=1e-9)
    assert model.fit(X * 1e30, X[:, :2] * 1e60).score(X * 1e30, X[:, :2] * 1e60) > 0.99
