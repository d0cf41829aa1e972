"""Losses and scores of an epoch are those of all its rows at once."""

import numpy as np
import pytest
import torch

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.neural_network import _epoch_meter
from sklearn_mtl.neural_network._epoch_meter import EpochMeter
from sklearn_mtl.neural_network._task_groups import OutputLayout

# In Y: a quantity, three classes, two classes. In the layout the other way round.
LAYOUT = OutputLayout(
    Tasks(
        names=("a", "b", "c"),
        kinds=("regression", "classification", "classification"),
        classes=(None, np.arange(3), np.arange(2)),
        one_dimensional=False,
        named=False,
    )
)


def draw(n=20, seed=0):
    rng = np.random.default_rng(seed)
    outputs = torch.from_numpy(rng.normal(size=(n, 5)))
    codes = [rng.integers(2, size=n), rng.integers(3, size=n), rng.normal(size=n)]
    weights = torch.from_numpy(rng.uniform(size=(n, 3)) * rng.integers(2, size=(n, 3)))
    return outputs, torch.from_numpy(np.column_stack(codes)), weights


def measure(outputs, targets, weights, sizes=(20,)):
    meter = EpochMeter(torch.zeros(3, dtype=torch.float64), LAYOUT)
    losses = LAYOUT.losses(outputs, targets)
    for out, loss, y, w in zip(
        *(tensor.split(sizes) for tensor in (outputs, losses, targets, weights)),
        strict=True,
    ):
        meter.update({"y_pred": out, "losses": loss}, (None, (y, w)))
    return meter


def test_losses_are_weighted_means_in_the_order_of_Y():
    outputs, targets, weights = draw()
    losses, _ = measure(outputs, targets, weights, (8, 8, 4)).compute()
    of_labels = LAYOUT.losses(outputs, targets).numpy()
    expected = np.average(of_labels, axis=0, weights=weights.numpy())
    np.testing.assert_allclose(losses, expected[[2, 1, 0]])


def test_scores_are_fractions_of_the_labels_there():
    outputs, targets, weights = draw()
    losses, scores = measure(outputs, targets, weights, (8, 8, 4)).compute()
    correct = (LAYOUT.predict(outputs) == targets).numpy()
    there = weights.numpy() > 0
    expected = [correct[there[:, t], t].mean() for t in (1, 0)]
    np.testing.assert_allclose(scores[1:], expected)
    assert scores[0] == pytest.approx(1 - losses[0])


def test_a_task_without_labels_has_neither():
    outputs, targets, weights = draw()
    weights[:, 1] = 0
    losses, scores = measure(outputs, targets, weights).compute()
    assert np.isnan([losses[1], scores[1]]).all()
    assert np.isfinite([losses[[0, 2]], scores[[0, 2]]]).all()


def test_many_rows_are_scored_in_parts(monkeypatch):
    data = draw()
    whole = measure(*data, (4,) * 5).compute()
    monkeypatch.setattr(_epoch_meter, "_MAX_KEPT", 50)
    for a, b in zip(measure(*data, (4,) * 5).compute(), whole, strict=True):
        np.testing.assert_allclose(a, b)


@pytest.mark.parametrize("max_kept", [1, 2**20])
def test_the_task_that_broke_first_is_named(max_kept, monkeypatch):
    monkeypatch.setattr(_epoch_meter, "_MAX_KEPT", max_kept)
    outputs, targets, weights = draw()
    weights[:] = 1
    outputs[9, 0] = torch.nan  # the task of two classes, "c" in Y
    outputs[12:] = torch.nan  # its gradient broke the rest
    meter = measure(outputs, targets, weights, (4,) * 5)
    meter.compute()
    assert meter.diverged().tolist() == [False, False, True]
