"""A network that was pickled is the same in all it does from then on."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklearn_mtl.neural_network import MultiTaskNet, MultiTaskNetClassifier
from sklearn_mtl.neural_network._saving._plain_state import is_packed, pack

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 5)).astype(np.float32)
Y = np.column_stack([X[:, 0] > 0, X[:, 1] * 2 > X[:, 2]]).astype(float)
Y[::3, 1] = np.nan


def small(**settings):
    given = {"hidden_layer_sizes": (8,), "max_epochs": 3, "random_state": 0}
    return MultiTaskNetClassifier(**given | settings)


CASES = {
    "default": small(),
    "plain": small(preset="plain", dropout=0.2),
    "networks": small(preset="best", early_stopping=False),
    "float64": small(precision="float64", optimizer="sgd"),
    "losses": small(balancer="uncertainty", architecture="cgc"),
    "gradients": small(balancer="moco", gradient_level="parameters"),
    "memory": small(balancer="gradvac", task_sampler="annealed"),
    "both kinds": MultiTaskNet((8,), max_epochs=3, random_state=0),
}


@pytest.mark.parametrize("case", CASES)
def test_training_goes_on_bit_by_bit(case):
    """The optimizer, the balancer and the generator are as they were."""
    net = clone(CASES[case]).fit(X, Y)
    assert pack(net) is not None
    other = pickle.loads(pickle.dumps(net))
    assert list(vars(other)) == list(vars(net))
    for _ in range(2):
        net.partial_fit(X, Y)
        other.partial_fit(X, Y)
    for one, own in zip(
        net.module_.parameters(), other.module_.parameters(), strict=True
    ):
        assert torch.equal(one, own)
    for row, own in zip(net.history_, other.history_, strict=True):
        np.testing.assert_equal(own, row)


def test_transferred_tasks():
    net = small().fit(X, Y).transfer(X[:40], (X[:40, 3] > 0) * 1, name="new")
    other = pickle.loads(pickle.dumps(net))
    assert other.task_names_ == net.task_names_
    np.testing.assert_array_equal(other.predict(X), net.predict(X))


class Encoder(torch.nn.Linear):
    """What only pickle can store."""

    def __init__(self, n_features_in):
        super().__init__(n_features_in, 4)


def test_what_is_not_plain_is_pickled_as_it_is():
    net = small(encoder=Encoder).fit(X, Y)
    assert pack(net) is None
    assert not is_packed(net.__getstate__())
    other = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(other.predict(X), net.predict(X))


def test_copies():
    net = small().fit(X, Y)
    same, own = copy.copy(net), copy.deepcopy(net)
    assert same.module_ is net.module_
    assert own.module_ is not net.module_
    before = net.predict_proba(X)
    own.partial_fit(X, Y)
    np.testing.assert_array_equal(net.predict_proba(X), before)


def test_what_is_not_fitted():
    other = pickle.loads(pickle.dumps(small(dropout=0.3)))
    assert repr(other) == repr(small(dropout=0.3))
    assert not hasattr(other, "module_")
