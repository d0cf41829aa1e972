"""Early stopping watches all tasks alike and keeps the best epoch."""

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from skorch.callbacks import Callback

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNet, MultiTaskNetClassifier
from sklearn_mtl.neural_network._base import _MIN_ROWS_TO_STOP_EARLY as ENOUGH_ROWS


def noisy_data(n=200, **options):
    return make_multitask_classification(
        n,
        6,
        n_tasks=3,
        n_classes=[2, 3, 2],
        noise=1.0,
        random_state=0,
        **{"missing_fraction": 0.2, **options},
    )


def fit(data, **params):
    """Fit a net that overfits soon."""
    small = {"hidden_layer_sizes": (32,), "lr": 0.03, "random_state": 0}
    small |= {"preset": "plain"}
    stopping = {"early_stopping": True, "n_iter_no_change": 5, "max_epochs": 100}
    return MultiTaskNetClassifier(**{**small, **stopping, **params}).fit(*data)


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.module_.parameters()])


def watched(net):
    return [row["valid_relative_loss"] for row in net.history_]


def test_stops_when_nothing_gets_better():
    net = fit(noisy_data())
    assert net.n_iter_ < 100
    assert net.n_iter_ == net.best_epoch_ + 5


def test_the_best_epoch_has_the_lowest_loss():
    net = fit(noisy_data())
    assert net.best_epoch_ == 1 + np.argmin(watched(net))
    assert [row["epoch"] for row in net.history_] == list(range(1, net.n_iter_ + 1))


def test_the_weights_of_the_best_epoch_are_kept():
    net = fit(noisy_data())
    until_then = fit(noisy_data(), max_epochs=net.best_epoch_)
    assert until_then.n_iter_ == net.best_epoch_ < net.n_iter_
    assert torch.equal(weights(net), weights(until_then))


def test_the_best_epoch_counts_also_when_the_epochs_run_out():
    net = fit(noisy_data(), n_iter_no_change=90, max_epochs=60)
    assert net.n_iter_ == 60
    until_then = fit(noisy_data(), max_epochs=net.best_epoch_)
    assert torch.equal(weights(net), weights(until_then))


def test_every_task_counts_by_its_loss_over_that_of_a_constant():
    """1 is the loss of predicting the class frequencies of the training rows."""
    X, Y = noisy_data(missing_fraction=0.0)
    net = fit((X, Y), validation_fraction=0.5)
    relative = [net.history_[0][f"valid_loss_task{t}"] for t in range(3)]
    for t, k in enumerate([2, 3, 2]):
        frequencies = np.bincount(Y[:, t], minlength=k) / len(Y)
        constant = np.tile(frequencies, (len(Y), 1))
        relative[t] /= log_loss(Y[:, t], constant)
    assert watched(net)[0] == pytest.approx(np.mean(relative), rel=0.02)


def test_units_and_losses_of_tasks_do_not_matter():
    """A quantity in thousands does not drown a class."""
    X, Y = noisy_data(missing_fraction=0.0)
    quantity = X[:, 0] + np.random.default_rng(0).normal(size=len(X))
    small = {"hidden_layer_sizes": (16,), "max_epochs": 8, "random_state": 0}
    nets = [
        MultiTaskNet(**small, early_stopping=True).fit(
            X, np.column_stack([Y[:, 0], unit * quantity])
        )
        for unit in (1.0, 1000.0)
    ]
    np.testing.assert_allclose(*map(watched, nets), rtol=1e-5)


def test_task_weights_do_not_change_what_is_watched():
    """The mean is over the tasks that are learnt, whatever their weights."""
    X, Y = noisy_data(missing_fraction=0.0)
    options = {"hidden_layer_sizes": (), "lr": 1e-9, "max_epochs": 2}
    plain = fit((X, Y), **options)
    weighted = fit((X, Y), task_weights=[1, 10, 100], **options)
    one = fit((X, Y), task_weights=[0, 1, 0], **options)
    assert watched(weighted) == pytest.approx(watched(plain))
    assert watched(one) != pytest.approx(watched(plain), rel=1e-6)
    last = one.history_[-1]
    assert last["valid_loss"] == pytest.approx(last["valid_loss_task1"])


@pytest.mark.parametrize(("missing_rows", "stops"), [(1, False), (0, True)])
def test_auto_stops_early_where_there_are_enough_labelled_rows(missing_rows, stops):
    X, Y = noisy_data(ENOUGH_ROWS + 50, missing_fraction=0.0)
    Y = Y.astype(float)
    Y[ENOUGH_ROWS - missing_rows :] = np.nan
    net = fit((X, Y), early_stopping="auto", max_epochs=2)
    assert ("valid_loss" in net.history_[0]) is stops


def test_rows_labelled_for_tasks_of_weight_zero_are_not_enough():
    """Nothing could be watched on them, and the first weights would be kept."""
    X, Y = noisy_data(ENOUGH_ROWS, missing_fraction=0.0)
    Y = Y.astype(float)
    Y[6:, 1] = np.nan
    only = {"task_weights": [0, 1, 0], "max_epochs": 9}
    net = fit((X, Y), early_stopping="auto", **only)
    assert net.best_epoch_ == 9
    with pytest.raises(ValueError, match=r"'validation_fraction' .* 0.01 for 6 label"):
        fit((X, Y), validation_fraction=0.01, **only)


def test_without_early_stopping_the_last_epoch_is_kept():
    net = fit(noisy_data(), early_stopping=False, max_epochs=7)
    assert net.best_epoch_ == net.n_iter_ == 7
    assert not any(name.startswith("valid") for name in net.history_[0])


def test_validation_rows_are_a_fraction_of_those_with_labels():
    X, Y = noisy_data(missing_fraction=0.0)
    Y = Y.astype(float)
    Y[100:] = np.nan
    looks_at_batches = [Callback()]
    net = fit((X, Y), validation_fraction=0.3, max_epochs=1, callbacks=looks_at_batches)
    batches = net.net_.history[0, "batches"]
    assert batches == [{"train_batch_size": 70}, {"valid_batch_size": 30}]


def test_a_rare_class_is_in_both_parts():
    """The split is stratified over the tasks."""
    X, Y = noisy_data(missing_fraction=0.0)
    rare = np.zeros(200, dtype=int)
    rare[[3, 60, 61, 80, 90, 91, 130, 150, 160, 199]] = 1
    Y[:, 0] = rare
    net = fit((X, Y), max_epochs=1, batch_size=1000, lr=1e-9)
    # One positive in 20 rows, as in the whole table: the losses are the same.
    row = net.history_[0]
    assert row["valid_loss_task0"] == pytest.approx(row["train_loss_task0"], rel=1e-3)


def test_a_task_without_validation_labels_is_not_watched():
    X, Y = noisy_data(missing_fraction=0.0)
    Y = Y.astype(float)
    Y[1:, 2] = np.nan
    with pytest.warns(UserWarning, match="single class for 'task2'"):
        net = fit((X, Y))
    assert np.isnan(net.history_[0]["valid_loss_task2"])
    assert np.isfinite(watched(net)).all()
