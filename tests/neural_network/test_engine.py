"""The engine: a history per task, predictions, and what it tells skorch's callbacks."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss
from skorch.callbacks import Callback

from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.neural_network import (
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
    _engine,
)

X, Y = make_multitask_classification(
    100, 5, n_tasks=3, n_classes=[2, 3, 2], missing_fraction=0.3, random_state=0
)


def fit(X=X, Y=Y, Net=MultiTaskNetClassifier, **params):
    small = {"hidden_layer_sizes": (8,), "batch_size": 32, "max_epochs": 3}
    small |= {"early_stopping": False, "random_state": 0}
    return Net(**{**small, **params}).fit(X, Y)


# The history


def test_columns_of_the_history():
    table = pd.DataFrame(fit(early_stopping=True).history_)
    expected = {"epoch", "train_loss", "valid_loss", "valid_relative_loss"}
    for task in ("task0", "task1", "task2"):
        expected |= {
            f"{part}_{x}_{task}"
            for part in ("train", "valid")
            for x in ("loss", "score")
        }
        expected.add(f"weight_{task}")
    assert expected <= set(table.columns)
    assert table[list(expected)].notna().all(axis=None)
    assert "batches" not in table
    assert table["epoch"].tolist() == [1, 2, 3]


def test_the_loss_is_the_weighted_mean_of_those_of_the_tasks():
    net = fit(task_weights=[1, 2, 5], early_stopping=True)
    for row in net.history_:
        assert [row[f"weight_task{t}"] for t in range(3)] == pytest.approx(
            [1 / 8, 2 / 8, 5 / 8]
        )
        for part in ("train", "valid"):
            losses = [row[f"{part}_loss_task{t}"] for t in range(3)]
            expected = np.average(losses, weights=[1, 2, 5])
            assert row[f"{part}_loss"] == pytest.approx(expected)


def test_losses_and_scores_are_those_of_scikit_learn():
    """In one batch, the second epoch is of the weights that the first one left."""
    full = {"preset": "plain", "batch_size": 1000, "lr": 0.1}
    net, row = fit(max_epochs=1, **full), fit(max_epochs=2, **full).history_[1]
    predicted, probabilities = net.predict(X), net.predict_proba(X)
    for t in range(3):
        there = ~np.isnan(Y[:, t])
        loss = log_loss(Y[there, t], probabilities[t][there])
        score = accuracy_score(Y[there, t], predicted[there, t])
        assert row[f"train_loss_task{t}"] == pytest.approx(loss, rel=1e-5)
        assert row[f"train_score_task{t}"] == pytest.approx(score)


def test_the_score_of_a_quantity_is_r2_on_the_training_variance():
    X, Y = make_multitask_regression(100, 5, n_tasks=2, random_state=0)
    full = {"preset": "plain", "batch_size": 1000, "lr": 0.1}
    full |= {"Net": MultiTaskNetRegressor}
    row = fit(X, Y, max_epochs=2, **full).history_[1]
    expected = fit(X, Y, max_epochs=1, **full).score_tasks(X, Y)
    scores = {task: row[f"train_score_{task}"] for task in expected}
    assert scores == pytest.approx(expected)


def test_a_task_without_labels_in_an_epoch_is_nan_in_the_history():
    net = fit().partial_fit(X, np.where([True, False, True], Y, np.nan))
    row = net.history_[-1]
    assert np.isnan([row["train_loss_task1"], row["train_score_task1"]]).all()
    assert np.isfinite([row["train_loss"], row["train_loss_task0"]]).all()


def test_the_history_keeps_the_task_weights_of_each_epoch():
    net = fit(warm_start=True)
    net.set_params(task_weights=[1, 0, 3]).fit(X, Y)
    weights = [row["weight_task2"] for row in net.history_]
    assert weights == pytest.approx([1 / 3] * 3 + [3 / 4] * 3)


# Predictions


@pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 100])
def test_predictions_do_not_depend_on_the_rows_beside(n):
    net = fit()
    alone, among = net.predict_proba(X[:n]), net.predict_proba(X)
    for few, many in zip(alone, among, strict=True):
        np.testing.assert_allclose(few, many[:n], rtol=1e-5)


def test_many_rows_are_predicted_in_parts(monkeypatch):
    net = fit()
    expected, represented = net.predict_proba(X), net.transform(X)
    monkeypatch.setattr(_engine, "_PREDICTION_ROWS", 48)
    for in_parts, at_once in zip(net.predict_proba(X), expected, strict=True):
        np.testing.assert_allclose(in_parts, at_once, rtol=1e-5)
    np.testing.assert_allclose(net.transform(X), represented, rtol=1e-4, atol=1e-6)


# skorch's protocol


class Recorder(Callback):
    """Write down every event and what came with it."""

    def __init__(self):
        self.events = []
        self.seen = {}

    def _record(self, event, **seen):
        self.events.append(event)
        self.seen[event] = seen

    def on_train_begin(self, net, **seen):
        self._record("train_begin", **seen)

    def on_train_end(self, net, **seen):
        self._record("train_end", **seen)

    def on_epoch_begin(self, net, **seen):
        self._record("epoch_begin", **seen)

    def on_epoch_end(self, net, **seen):
        self._record("epoch_end", **seen)

    def on_batch_begin(self, net, training, **seen):
        self._record(f"batch_begin {training}", **seen)

    def on_batch_end(self, net, training, **seen):
        self._record(f"batch_end {training}", **seen)

    def on_grad_computed(self, net, **seen):
        self._record("grad_computed", **seen)


def test_callbacks_are_told_what_skorch_tells_them():
    recorder = Recorder()
    fit(callbacks=[recorder], early_stopping=True, batch_size=50, max_epochs=2)
    train = ["batch_begin True", "grad_computed", "batch_end True"] * 2
    valid = ["batch_begin False", "batch_end False"]
    epoch = ["epoch_begin", *train, *valid, "epoch_end"]
    assert recorder.events == ["train_begin", *epoch * 2, "train_end"]
    end = recorder.seen["batch_end True"]
    assert end["loss"].isfinite()
    assert end["y_pred"].shape == (40, 5)
    assert not end["y_pred"].requires_grad
    names = dict(recorder.seen["grad_computed"]["named_parameters"])
    assert "heads.weight" in names
    assert len(recorder.seen["epoch_end"]["dataset_train"]) == 90
    assert len(recorder.seen["epoch_end"]["dataset_valid"]) == 10


def test_gradients_are_there_when_computed():
    class Zero(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            for _, parameter in named_parameters:
                parameter.grad.zero_()

    net = fit(callbacks=[Zero()], weight_decay=0)
    assert (net.module_.heads.weight == 0).all()
    assert (fit().module_.heads.weight != 0).any()
