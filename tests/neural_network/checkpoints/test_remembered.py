"""What objects remember is found wherever it is, and given back."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_mtl.neural_network._checkpoints._remembered import (
    recall,
    remember,
    remember_if_storable,
)
from sklearn_mtl.neural_network._checkpoints._tree import (
    UnstorableError,
    flatten,
    unflatten,
)


class Part:
    def __init__(self):
        self.rate, self.rng = 0.5, np.random.RandomState(0)

    def call(self, J):
        self.rate *= 0.5
        return J.mean(0) * self.rate


class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.part, self.function, self.kind = Part(), np.mean, Part
        self.inner = nn.BatchNorm1d(2)
        self.last = None


def test_attributes_of_parts_and_modules():
    before, after = Whole(), Whole()
    before.part.rate, before.last = 0.1, torch.ones(2)
    before.part.rng.random_sample(5)
    before.inner.running_mean += 3
    recall(after, unflatten(*flatten(remember(before))))
    assert after.part.rate == 0.1
    assert torch.equal(after.last, torch.ones(2))
    assert after.part.rng.random_sample() == before.part.rng.random_sample()
    assert torch.equal(after.inner.running_mean, torch.full((2,), 3.0))


def test_what_is_left_out_stays():
    before, after = Part(), Part()
    before.rate = before.limit = 7
    after.limit = 1
    recall(after, remember(before, leave_out={"limit"}))
    assert (after.rate, after.limit) == (7, 1)


def test_a_method_remembers_what_its_object_does():
    before, after = Part(), Part()
    before.call(np.ones((2, 2)))
    recall(after.call, remember(before.call))
    assert after.rate == 0.25


def test_functions_remember_nothing():
    assert remember(np.mean) == remember(len) == {"values": {}, "inside": {}}


@pytest.mark.parametrize("value", [threading.Lock(), [Part()], {1, 2}], ids=type)
def test_what_cannot_be_stored_is_named(value):
    part = Part()
    part.odd = value
    with pytest.raises(UnstorableError, match="odd"):
        remember(part)


def test_an_object_that_holds_itself_is_refused():
    part = Part()
    part.part = part
    with pytest.raises(UnstorableError, match="part"):
        remember(part)


def test_callbacks_remember_what_ends_with_an_underscore():
    part = Part()
    part.best_, part.lock_, part._private_ = 3.0, threading.Lock(), 1
    assert remember_if_storable(part) == {"values": {"best_": 3.0}, "inside": {}}
