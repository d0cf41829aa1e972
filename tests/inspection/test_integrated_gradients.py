"""Integrated gradients, by what they must be."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from scipy.special import logsumexp

from sklearn_mtl.datasets import make_multitask_regression
from sklearn_mtl.inspection import task_feature_importance
from sklearn_mtl.inspection._integrated_gradients import attribute
from sklearn_mtl.neural_network import MultiTaskNet


@pytest.fixture(scope="module")
def fitted():
    """A quantity, two and four classes, and a task of one class."""
    X, Y = make_multitask_regression(150, 5, n_tasks=4, random_state=0)
    Y[:, 1] = Y[:, 1] > 0
    Y[:, 2] = np.digitize(Y[:, 2], [-0.7, 0, 0.7])
    Y[:, 3] = 1
    # With bins, the integral over few steps would be less exact.
    net = MultiTaskNet(
        (16,), encoder=None, max_epochs=20, precision="float64", random_state=0
    )
    with pytest.warns(UserWarning, match="single class"):
        net.fit(X, Y)
    return net, X


def explained_by_hand(net, X, classes):
    """Return quantities in standard deviations, log-odds of the given classes."""
    with torch.no_grad():
        outputs = net.module_(torch.as_tensor(X)).numpy()
    # The layout: the task of one class, that of two, that of four, the quantity.
    binary, four, quantity = outputs[:, 0], outputs[:, 1:5], outputs[:, 5]
    own = four[np.arange(len(X)), classes]
    rest = np.array(
        [logsumexp(np.delete(z, k)) for z, k in zip(four, classes, strict=True)]
    )
    return np.column_stack([quantity, binary, own - rest, np.zeros(len(X))])


def test_attributions_sum_to_the_difference(fitted):
    net, X = fitted
    baseline = X.mean(axis=0, keepdims=True)
    classes = net.predict(X)[:, 2].astype(int)
    there = explained_by_hand(net, X, classes)
    start = explained_by_hand(net, np.repeat(baseline, len(X), axis=0), classes)
    sums = np.column_stack([a.sum(axis=1) for a in attribute(net, X, baseline, 200)])
    assert sums == pytest.approx(there - start, abs=1e-3)


def test_the_importance_is_the_mean_absolute_attribution(fitted):
    net, X = fitted
    baseline = X.mean(axis=0, keepdims=True)
    expected = [np.abs(a).mean(axis=0) for a in attribute(net, X, baseline, 32)]
    found = task_feature_importance(net, X, method="integrated_gradients")
    assert found.to_numpy() == pytest.approx(np.column_stack(expected))
    assert (found["task3"] == 0).all()


def test_weights_and_sparse_tables(fitted):
    net, X = fitted
    ask = {"method": "integrated_gradients"}
    weights = np.r_[np.ones(100), np.zeros(50)]
    found = task_feature_importance(net, X, sample_weight=weights, **ask)
    baseline = X.mean(axis=0, keepdims=True)
    expected = [np.abs(a).mean(axis=0) for a in attribute(net, X[:100], baseline, 32)]
    assert found.to_numpy() == pytest.approx(np.column_stack(expected))
    dense = task_feature_importance(net, X, **ask)
    thin = task_feature_importance(net, sparse.csr_array(X), **ask)
    assert thin.to_numpy() == pytest.approx(dense.to_numpy())


def test_an_input_that_never_varies_has_none():
    X, Y = make_multitask_regression(100, 5, n_tasks=2, random_state=0)
    X[:, 2] = 3.0
    net = MultiTaskNet((8,), max_epochs=3, random_state=0).fit(X, Y)
    found = task_feature_importance(net, X, method="integrated_gradients")
    assert (found.loc["x2"] == 0).all()


def test_a_data_frame_is_the_same_as_its_values():
    X, Y = make_multitask_regression(100, 5, n_tasks=2, random_state=0)
    frame = pd.DataFrame(X, columns=list("abcde"))
    net = MultiTaskNet((8,), max_epochs=3, random_state=0).fit(frame, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = task_feature_importance(net, frame, method="integrated_gradients")
    net.fit(X, Y)
    expected = task_feature_importance(net, X, method="integrated_gradients")
    assert found.index.tolist() == list("abcde")
    assert found.to_numpy() == pytest.approx(expected.to_numpy())
