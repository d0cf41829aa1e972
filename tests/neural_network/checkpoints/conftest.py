"""Fits that are cut off, and what they are compared with."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._checkpoints._folder import Folder


class CutOff(BaseException):
    """Ends a fit as a kill does: nothing catches it."""


@pytest.fixture(scope="session")
def data() -> tuple[np.ndarray, np.ndarray]:
    """X and Y of three tasks, a third of whose labels are missing."""
    return make_multitask_classification(
        120, 5, n_tasks=3, missing_fraction=0.3, random_state=0
    )


@pytest.fixture(scope="session")
def make_net() -> Callable:
    """A function: parameters -> a small network."""

    def make(**params):
        defaults = {"hidden_layer_sizes": (8,), "batch_size": 32, "max_epochs": 8}
        defaults |= {"preset": "plain", "random_state": 0}
        return MultiTaskNetClassifier(**{**defaults, **params})

    return make


@pytest.fixture
def fit_until(monkeypatch) -> Callable:
    """A function: net, X, Y, n -> fits, and dies once n checkpoints are written."""
    save = Folder.save

    def fit(net, X, Y, n):
        left = [n]

        def save_or_die(self, checkpoint):
            save(self, checkpoint)
            left[0] -= 1
            if not left[0]:
                raise CutOff

        monkeypatch.setattr(Folder, "save", save_or_die)
        with pytest.raises(CutOff):
            net.fit(X, Y)
        monkeypatch.setattr(Folder, "save", save)

    return fit


@pytest.fixture(scope="session")
def assert_same_fit() -> Callable:
    """A function: raises unless two nets are the same fit, bit by bit."""

    def compare(net, expected):
        states = net.module_.state_dict(), expected.module_.state_dict()
        for name, tensor in states[1].items():
            assert torch.equal(states[0][name], tensor), name
        # As text, in which NaN is NaN.
        assert repr(net.history_) == repr(expected.history_)
        assert net.best_epoch_ == expected.best_epoch_
        ours, theirs = (n.net_.optimizer_.state_dict() for n in (net, expected))
        assert repr(ours) == repr(theirs)
        generators = (n.net_.generator.get_state() for n in (net, expected))
        assert torch.equal(*generators)

    return compare
