"""MultiTaskNetRegressor: quantities in their own units."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import r2_score

from sklearn_mtl.datasets import make_multitask_regression
from sklearn_mtl.neural_network import MultiTaskNetRegressor

X, Y = make_multitask_regression(150, 5, n_tasks=3, random_state=0)


def small(**params):
    defaults = {"hidden_layer_sizes": (32,), "lr": 0.02, "max_epochs": 100}
    defaults |= {"early_stopping": False}
    return MultiTaskNetRegressor(**{**defaults, "random_state": 0, **params})


def test_several_tasks():
    net = small().fit(X, Y)
    assert net.predict(X).shape == (150, 3)
    assert net.predict(X).dtype == np.float64
    assert net.n_tasks_ == net.n_outputs_ == 3
    assert min(net.score_tasks(X, Y).values()) > 0.9


def test_it_is_no_classifier():
    net = small(max_epochs=1).fit(X, Y)
    assert not hasattr(net, "classes_")
    assert not hasattr(net, "predict_proba")


def test_one_task():
    net = small().fit(X, Y[:, 0])
    assert net.predict(X).shape == (150,)
    assert small().fit(X, Y[:, :1]).predict(X).shape == (150, 1)


@pytest.mark.parametrize("y", [np.arange(150), (X[:, 0] > 0), pd.Series(range(150))])
def test_integers_and_booleans_are_quantities(y):
    assert small().fit(X, y).predict(X).dtype == np.float64


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames(frame):
    table = frame({f"y{t}": Y[:, t] for t in range(3)})
    net = small().fit(X, table)
    assert net.task_names_ == ["y0", "y1", "y2"]
    np.testing.assert_array_equal(net.predict(X), small().fit(X, Y).predict(X))


def test_the_score_is_the_mean_r2():
    net = small(max_epochs=5).fit(X, Y)
    by_task = r2_score(Y, net.predict(X), multioutput="raw_values")
    assert list(net.score_tasks(X, Y).values()) == pytest.approx(by_task)
    assert net.score(X, Y) == pytest.approx(by_task.mean())


def test_scores_skip_missing_targets():
    hidden = np.random.default_rng(0).random(Y.shape) < 0.5
    Y_missing = np.where(hidden, np.nan, Y)
    net = small().fit(X, Y_missing)
    predicted = net.predict(X)
    expected = [
        r2_score(Y[~hidden[:, t], t], predicted[~hidden[:, t], t]) for t in range(3)
    ]
    assert list(net.score_tasks(X, Y_missing).values()) == pytest.approx(expected)
    assert net.score(X, Y) > 0.8


def test_units_are_those_of_the_targets():
    """A task in millions neither drowns nor is drowned by one in thousandths."""
    units = np.array([1e6, 1.0, 1e-3])
    net = small().fit(X, Y * units + 5 * units)
    assert min(net.score_tasks(X, Y * units + 5 * units).values()) > 0.9


def test_untrained_it_predicts_the_weighted_mean():
    weights = np.random.default_rng(0).uniform(size=Y.shape)
    net = small(lr=1e-12, max_epochs=1).fit(X, Y, sample_weight=weights)
    expected = np.average(Y, axis=0, weights=weights)
    np.testing.assert_allclose(net.predict(X), np.tile(expected, (150, 1)), atol=1e-5)


def test_strong_weight_decay_leads_to_the_mean():
    net = small(lr=0.01, weight_decay=90).fit(X, Y)
    np.testing.assert_allclose(net.predict(X), np.tile(Y.mean(0), (150, 1)), atol=0.05)


@pytest.mark.parametrize("constant", [0.0, 1e-9, 12345.678])
def test_a_constant_target_is_predicted_as_it_is(constant):
    net = small().fit(X, np.column_stack([Y[:, 0], np.full(150, constant)]))
    np.testing.assert_allclose(net.predict(X)[:, 1], constant, rtol=1e-3, atol=1e-3)
    assert net.score_tasks(X, Y[:, :2])["task0"] > 0.9
