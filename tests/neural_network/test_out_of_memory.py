"""A step that is too large for the memory of a device goes on in parts, as if whole."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network.balancers import BALANCERS
from tests.neural_network.launched.train_together import make_cases, make_data, plain

MESSAGE = "Memory of 'cpu' is too small"


class Memory:
    """So many rows fit the memory of the device, in each of the two passes."""

    forward = backward = 10**9


class Passing(torch.autograd.Function):
    """The identity, which runs out of memory on its way back."""

    @staticmethod
    def forward(ctx, X):
        ctx.n_rows = len(X)
        return X.clone()

    @staticmethod
    def backward(ctx, gradient):
        if ctx.n_rows > Memory.backward:
            raise torch.OutOfMemoryError("out of memory")
        return gradient


class Encoder(torch.nn.Module):
    def __init__(self, n_features_in):
        super().__init__()
        self.out_features = n_features_in
        self.factor = torch.nn.Parameter(torch.ones(()))

    def forward(self, X):
        if self.training and len(X) > Memory.forward:
            raise torch.OutOfMemoryError("out of memory")
        return Passing.apply(self.factor * X) if self.training else self.factor * X


def fit_with(estimator, monkeypatch, **limits):
    """Return the fit of a clone for which memory is short, and how often it said so."""
    for name, limit in limits.items():
        monkeypatch.setattr(Memory, name, limit)
    estimator = clone(estimator).set_params(encoder=Encoder, precision="float64")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(*make_data())
    monkeypatch.undo()
    return estimator, sum(MESSAGE in str(each.message) for each in caught)


def assert_same_in_parts(estimator, monkeypatch, n_rows):
    whole, n_warnings = fit_with(estimator, monkeypatch)
    assert n_warnings == 0
    for when in ("forward", "backward"):
        found, n_warnings = fit_with(estimator, monkeypatch, **{when: n_rows})
        assert n_warnings == 1
        for own, other in zip(
            found.module_.parameters(), whole.module_.parameters(), strict=True
        ):
            torch.testing.assert_close(own, other, rtol=1e-6, atol=1e-9)
        for row, other in zip(found.history_, whole.history_, strict=True):
            for name in row:
                np.testing.assert_allclose(
                    row[name], other[name], rtol=1e-6, atol=1e-9, err_msg=name
                )


@pytest.mark.parametrize("name", make_cases())
def test_case_in_parts(name, monkeypatch):
    estimator = make_cases()[name]
    n_rows = 2 if estimator.batch_size == 3 else 9
    if estimator.preset == "best":
        n_rows = 40
    assert_same_in_parts(estimator, monkeypatch, n_rows)


@pytest.mark.parametrize("balancer", sorted(BALANCERS))
def test_balancer_in_parts(balancer, monkeypatch):
    assert_same_in_parts(plain(balancer=balancer, max_epochs=2), monkeypatch, 9)


def test_memory_that_is_too_small_for_a_row_is_an_error(monkeypatch):
    with pytest.raises(torch.OutOfMemoryError):
        fit_with(plain(), monkeypatch, forward=0)


def test_the_last_fit_is_kept_where_memory_is_too_small(monkeypatch):
    X, Y = make_data()
    net = MultiTaskNetClassifier((4,), encoder=Encoder, max_epochs=1, random_state=0)
    before = net.fit(X, Y[:, 0]).predict_proba(X)
    monkeypatch.setattr(Memory, "forward", 0)
    with (
        pytest.warns(UserWarning, match=MESSAGE),
        pytest.raises(torch.OutOfMemoryError),
    ):
        net.fit(X, Y[:, 0])
    np.testing.assert_array_equal(net.predict_proba(X), before)


def test_batch_normalisation_of_parts_is_said(monkeypatch):
    class Normalised(Encoder):
        def __init__(self, n_features_in):
            super().__init__(n_features_in)
            self.norm = torch.nn.BatchNorm1d(n_features_in)

        def forward(self, X):
            return self.norm(super().forward(X))

    monkeypatch.setattr(Memory, "forward", 20)
    with pytest.warns(UserWarning, match="BatchNorm1d see the rows of a part only"):
        plain(encoder=Normalised, max_epochs=1).fit(*make_data())
