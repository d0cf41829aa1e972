"""Weights of another network are refused in the words of its parameters."""

import numpy as np
import pandas as pd
import pytest
import torch

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._unlike_networks import explain_difference
from sklearn_mtl.neural_network.encoders import PiecewiseLinearEncoder

X, Y = make_multitask_classification(60, 8, n_tasks=2, random_state=0)


def with_gaps(*columns):
    table = X.copy()
    for column in columns:
        table[::4, column] = np.nan
    return table


def make(**params):
    defaults = {"hidden_layer_sizes": (4,), "max_epochs": 1, "random_state": 0}
    return MultiTaskNetClassifier(**defaults | params)


def assert_refused(net, table, expected, got):
    message = "^The 'encoder_init' parameter of MultiTaskNetClassifier must be of a "
    message += f"network with {expected}, as this one \\(.*\\), got {got}\\.$"
    with pytest.raises(ValueError, match=message):
        net.fit(table, Y)


DIFFERENCES = {
    "gaps": (
        {},
        X,
        {},
        with_gaps(5, 6),
        "missing values in columns: 5, 6",
        r"\S+ \S+ \S+ \S+ none",
    ),
    "other gaps": ({}, with_gaps(7), {}, with_gaps(1, 2), ".*: 1, 2", ".*: 7"),
    "bins": (
        {"encoder": PiecewiseLinearEncoder(4)},
        X,
        {"encoder": PiecewiseLinearEncoder(5)},
        X,
        "40 bins",
        "32 bins",
    ),
    "columns": ({}, X[:, :6], {}, X, "8 numeric columns, .*", "6 numeric columns, .*"),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_tensors_learnt_from_other_columns(case):
    params, given, own_params, own, expected, got = DIFFERENCES[case]
    source = make(**params).fit(given, Y)
    net = make(**own_params, encoder_init=source.module_.state_dict())
    assert_refused(net, own, expected, got)
    if case != "columns":
        # The estimator itself brings what it has learnt.
        net.set_params(encoder_init=source).fit(own, Y)


@pytest.mark.parametrize("as_tensors", [False, True], ids=["estimator", "tensors"])
@pytest.mark.parametrize(
    ("given", "own", "fact"),
    [
        ("default", "plain", "encoder={}"),
        ("plain", "default", "encoder={}"),
        ("default", "best", "n_networks={}"),
        ("best", "default", "n_networks={}"),
    ],
)
def test_presets_that_differ(given, own, fact, as_tensors):
    names = {
        "encoder={}": {"plain": None, "default": "'piecewise_linear'"},
        "n_networks={}": {"default": 1, "best": 4},
    }[fact]
    source = make(preset=given).fit(X, Y)
    init = source.module_.state_dict() if as_tensors else source
    net = make(preset=own, encoder_init=init)
    assert_refused(net, X, fact.format(names[own]), fact.format(names[given]))
    advice = f"give both the same preset, or the same {fact[:-3]}"
    with pytest.raises(ValueError, match=advice):
        net.fit(X, Y)


def test_parameters_that_differ():
    source = make().fit(X, Y)
    net = make(n_members=2, encoder_init=source)
    assert_refused(net, X, "n_members=2", "n_members=8")
    net = make(encoder=None, preprocess=False, encoder_init=source)
    assert_refused(net, X, "preprocess=False", "preprocess=True")
    net = make(encoder="periodic", encoder_init=source.module_.state_dict())
    assert_refused(net, X, "encoder='periodic'", "encoder='piecewise_linear'")


def test_numbers_and_categories_in_other_places():
    """Which tensors of the same shapes would hide."""
    words = pd.Series(np.where(X[:, 0] > 0, "a", "b"), dtype="category")
    first = pd.DataFrame({"word": words, "x": X[:, 1]})
    source = make().fit(first, Y)
    net = make(encoder_init=source.module_.state_dict())
    assert_refused(net, first[["x", "word"]], ".* ones: 1", ".* ones: 0")


def test_more_categories():
    few, many = (
        pd.DataFrame({"word": pd.Categorical(np.arange(60) % n), "x": X[:, 1]})
        for n in (2, 3)
    )
    tensors = make().fit(few, Y).module_.state_dict()
    net = make(encoder_init=tensors)
    assert_refused(net, many, "3 categories by column", "2 categories by column")


def test_what_cannot_be_compared_is_not():
    own = make().fit(X, Y).module_.state_dict()
    assert explain_difference(own, own) is None
    assert explain_difference(own, {}) is None
    assert explain_difference(own, {"trunk.x": torch.ones(1)})[1] == "n_members=1"
    encoder = {name: t for name, t in own.items() if name.startswith("encoder.")}
    assert explain_difference(own, encoder) is None
