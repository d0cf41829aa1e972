"""Callbacks of skorch watch every column of the history."""

import copy

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from skorch.callbacks import (
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    Freezer,
    GradientNormClipping,
    LRScheduler,
    ProgressBar,
)

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier

X, Y = make_multitask_classification(
    150, 6, n_tasks=2, noise=1.0, missing_fraction=0.2, random_state=0
)


def small(**params):
    """A net with a validation set that does not stop early by itself."""
    own = {"early_stopping": True, "n_iter_no_change": 100, "validation_fraction": 0.3}
    defaults = {"hidden_layer_sizes": (16,), "lr": 0.03, "max_epochs": 30}
    defaults |= {"preset": "plain"}
    return MultiTaskNetClassifier(**{**own, **defaults, "random_state": 0, **params})


def ignore(text):
    """Print nothing."""


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.module_.parameters()])


@pytest.mark.parametrize("monitor", ["valid_loss", "valid_loss_task1"])
def test_early_stopping_on_any_column(monitor):
    stopper = EarlyStopping(monitor=monitor, patience=3, threshold=0, sink=ignore)
    net = small(callbacks=[stopper]).fit(X, Y)
    losses = [row[monitor] for row in net.history_]
    assert net.n_iter_ < 30
    assert 1 + np.argmin(losses) == net.n_iter_ - 3


@pytest.mark.parametrize("monitor", ["valid_loss", "valid_loss_task0", "train_loss"])
def test_learning_rate_on_a_plateau(monitor):
    scheduler = LRScheduler(
        "ReduceLROnPlateau", monitor=monitor, patience=0, threshold=0.5
    )
    net = small(callbacks=[scheduler], max_epochs=6).fit(X, Y)
    assert net.net_.optimizer_.param_groups[0]["lr"] < 0.03


@pytest.mark.parametrize("preset", ["plain", "default"])
def test_learning_rate_schedule(preset):
    """Beside it the net has none of its own."""
    scheduler = LRScheduler("StepLR", step_size=2, gamma=0.1)
    callbacks = [("schedule", scheduler)]
    net = small(preset=preset, callbacks=callbacks, max_epochs=6).fit(X, Y)
    rates = [row["event_lr"] for row in net.history_]
    np.testing.assert_allclose(rates, 0.03 * 0.1 ** np.array([0, 0, 1, 1, 2, 2]))


class KeepWeights(Callback):
    """Keep the weights of every epoch."""

    def on_train_begin(self, net, **kwargs):
        self.weights = []

    def on_epoch_end(self, net, **kwargs):
        self.weights.append(copy.deepcopy(net.module_.state_dict()))


def test_checkpoint_of_the_best_validation_loss(tmp_path):
    checkpoint = Checkpoint(monitor="valid_loss_best", dirname=tmp_path)
    net = small(callbacks=[checkpoint, KeepWeights()]).fit(X, Y)
    best = np.argmin([row["valid_loss"] for row in net.history_])
    assert best < 29
    expected = dict(net.net_.callbacks_)["KeepWeights"].weights[best]
    saved = torch.load(tmp_path / "params.pt", weights_only=True)
    assert saved.keys() == expected.keys()
    assert all(torch.equal(saved[name], expected[name]) for name in saved)


def test_checkpoint_of_one_task(tmp_path):
    def is_best(net):
        losses = net.history[:, "valid_loss_task1"]
        return losses[-1] == min(losses)

    checkpoint = Checkpoint(monitor=is_best, dirname=tmp_path)
    net = small(callbacks=[checkpoint], max_epochs=5).fit(X, Y)
    assert (tmp_path / "params.pt").is_file()
    assert net.history_[0]["event_cp"]


def test_scores_of_ones_own():
    """The net itself scores nothing; its history and its data can be used."""

    def n_validation_rows(net, dataset, y=None):
        return float(len(dataset))

    scoring = EpochScoring(n_validation_rows, use_caching=False, lower_is_better=False)
    net = small(callbacks=[scoring], max_epochs=2).fit(X, Y)
    n_labelled = (~np.isnan(Y)).any(axis=1).sum()
    for row in net.history_:
        assert row["n_validation_rows"] == pytest.approx(0.3 * n_labelled, abs=1)
    assert [row["n_validation_rows_best"] for row in net.history_] == [True, False]


def test_gradient_clipping():
    norms = []

    class Norm(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            norms.append(
                torch.nn.utils.get_total_norm([p.grad for _, p in named_parameters])
            )

    clipping = GradientNormClipping(1e-3)
    small(callbacks=[clipping, Norm()], max_epochs=2).fit(X, Y)
    assert max(norms) <= 1e-3 * (1 + 1e-5)


def test_frozen_layers():
    net = small(callbacks=[Freezer("trunk.*")], max_epochs=2).fit(X, Y)
    start = small(lr=1e-20, weight_decay=0.0, max_epochs=1).fit(X, Y)
    assert torch.equal(
        net.module_.trunk.layers[0].weight, start.module_.trunk.layers[0].weight
    )
    assert (net.module_.heads.weight != 0).any()


def test_progress_bar(capsys):
    small(callbacks=[ProgressBar()], max_epochs=2).fit(X, Y)
    out, _ = capsys.readouterr()
    assert not out


def test_callbacks_without_validation_rows():
    """Trap of skorch: its default monitor needs a validation set."""
    net = small(callbacks=[EarlyStopping()], early_stopping=False)
    with pytest.raises(KeyError, match="valid_loss"):
        net.fit(X, Y)


def test_every_fit_has_its_own_callbacks():
    """Clones and refits do not share the state of a callback."""
    stopper = EarlyStopping(patience=3, sink=ignore)
    net = small(callbacks=[stopper])
    expected = weights(clone(net).fit(X, Y))
    assert torch.equal(weights(net.fit(X, Y)), expected)
    assert torch.equal(weights(net.fit(X, Y)), expected)
    assert torch.equal(weights(clone(net).fit(X, Y)), expected)


def test_grid_search_over_callbacks():
    search = GridSearchCV(
        small(max_epochs=2),
        {"callbacks": [None, [EarlyStopping(patience=2)], [GradientNormClipping(1)]]},
        cv=KFold(2),
    )
    search.fit(X, np.nan_to_num(Y))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
