"""A fit is known by its parameters, its data, and where it starts."""

import numpy as np
import pandas as pd
import pytest

from sklearn_mtl.datasets import combine_inputs
from sklearn_mtl.neural_network._checkpoints._fingerprint import (
    find_differences,
    find_fingerprint,
    shorten,
)


def fingerprint(net, X, Y, sample_weight=None):
    return find_fingerprint(net, net._prepare(X, Y, sample_weight))


def test_the_same_fit_has_the_same(make_net, data):
    first, second = (fingerprint(make_net(), *data) for _ in range(2))
    assert first == second
    assert shorten(first) == shorten(second)
    assert find_differences(first, second) == []


@pytest.mark.parametrize(
    "params",
    [
        {"lr": 0.5},
        {"max_epochs": 9},
        {"balancer": "mgda"},
        {"task_weights": [1, 2, 3]},
        {"random_state": 1},
        {"hidden_layer_sizes": (9,)},
        {"encoder": "periodic"},
    ],
    ids=lambda params: next(iter(params)),
)
def test_other_parameters_are_named(make_net, data, params):
    first = fingerprint(make_net(), *data)
    second = fingerprint(make_net(**params), *data)
    assert shorten(first) != shorten(second)
    assert find_differences(first, second)[0].startswith(f"{next(iter(params))} (")


def test_what_does_not_matter_is_left_out(make_net, data, tmp_path):
    free = {"verbose": 1, "checkpoint_dir": tmp_path, "resume": True}
    free |= {"checkpoint_every": "1min", "device": "cpu"}
    assert fingerprint(make_net(), *data) == fingerprint(make_net(**free), *data)


def names_of_differences(net, first, second):
    found = find_differences(fingerprint(net, *first), fingerprint(net, *second))
    return {text.partition(" (")[0] for text in found}


def test_other_data_are_named(make_net, data):
    X, Y = data
    net = make_net(early_stopping=False)
    other = X.copy()
    other[17, 2] += 1
    assert "the training rows" in names_of_differences(net, data, (other, Y))
    labels = Y.copy()
    row = np.flatnonzero(~np.isnan(labels[:, 0]))[0]
    labels[row, 0] = 1 - labels[row, 0]
    assert "the labels" in names_of_differences(net, data, (X, labels))
    weights = np.ones(len(X))
    weights[3] = 2
    assert "the labels" in names_of_differences(net, data, (X, Y, weights))
    named = pd.DataFrame(Y, columns=["a", "b", "c"])
    assert "the tasks" in names_of_differences(net, data, (X, named))


def test_rows_with_named_inputs(make_net, data):
    X, Y = data

    def combine(X):
        return combine_inputs({"left": X[:, :2], "right": X[:, 2:]})

    net = make_net(encoder={"left": None, "right": None}, early_stopping=False)
    assert names_of_differences(net, (combine(X), Y), (combine(X), Y)) == set()
    other = X.copy()
    other[17, 4] += 1
    found = names_of_differences(net, (combine(X), Y), (combine(other), Y))
    assert "the training rows" in found
