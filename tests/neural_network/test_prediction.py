"""Predictions where a device has too little memory for many rows at once."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_mtl.datasets import combine_inputs, make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._prediction import Prediction

X, Y = make_multitask_classification(300, 5, n_tasks=2, random_state=0)
X = X.astype(np.float32)


class Cramped(nn.Module):
    """An encoder with memory for so many rows, of which it counts those it gets."""

    def __init__(self, n_features):
        super().__init__()
        self.layer = nn.Linear(n_features, 6)
        self.out_features = 6
        self.most = 1000
        self.sizes = []

    def forward(self, X):
        if len(X) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate ...")
        self.sizes.append(len(X))
        return self.layer(X).relu()


def fit(X=X, encoder=Cramped, **params):
    small = {"max_epochs": 2, "random_state": 0, "preprocess": False}
    net = MultiTaskNetClassifier((8,), encoder=encoder, **small, **params)
    return net.fit(X, Y)


def cramp(net, most):
    (encoder,) = [m for m in net.module_.modules() if isinstance(m, Cramped)]
    encoder.most, encoder.sizes = most, []
    return encoder


@pytest.mark.parametrize("most", [299, 100, 33, 32])
def test_the_rows_are_halved_with_one_warning(most):
    net = fit()
    expected = net.predict_proba(X), net.transform(X)
    encoder = cramp(net, most)
    with pytest.warns(UserWarning, match="too little memory to predict 300 rows") as w:
        found = net.predict_proba(X)
    assert len(w) == 1
    assert max(encoder.sizes) <= most
    for one, other in zip(found, expected[0], strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.warns(UserWarning, match="too little memory"):
        np.testing.assert_array_equal(net.transform(X), expected[1])


def test_later_batches_are_small_at_once(monkeypatch):
    net = fit()
    expected = net.predict_proba(X)
    monkeypatch.setattr("sklearn_mtl.neural_network._engine._PREDICTION_ROWS", 128)
    tried = []
    encoder = cramp(net, 64)
    encoder.register_forward_pre_hook(lambda module, args: tried.append(len(args[0])))
    with pytest.warns(UserWarning, match="128 rows"):
        found = net.predict_proba(X)
    assert tried == [128, 64, 64, 64, 64, 44]
    np.testing.assert_array_equal(found, expected)


def test_named_inputs():
    inputs = combine_inputs({"a": X, "b": X[:, :2]}, present={"b": np.arange(300) > 90})
    net = fit(X=inputs, encoder={"a": Cramped, "b": None})
    expected = net.predict_proba(inputs)
    cramp(net, 50)
    with pytest.warns(UserWarning, match="too little memory"):
        found = net.predict_proba(inputs)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_members():
    net = fit(n_members=4)
    expected = net.predict_proba(X)
    cramp(net, 100)
    with pytest.warns(UserWarning, match="too little memory"):
        np.testing.assert_array_equal(net.predict_proba(X), expected)


@pytest.mark.filterwarnings("ignore:.*too little memory")
def test_no_memory_for_a_few_rows_is_an_error():
    net = fit()
    cramp(net, 20)
    with pytest.raises(torch.OutOfMemoryError):
        net.predict(X)


def test_other_errors_are_raised():
    def fail(batch):
        raise RuntimeError("no such kernel")

    with pytest.raises(RuntimeError, match="no such kernel"):
        Prediction(fail)(torch.zeros(100, 2))
