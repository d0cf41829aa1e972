"""A fit that breaks says why, and what was learnt before stays usable."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback
from torch import nn

from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.neural_network import MultiTaskNetClassifier, MultiTaskNetRegressor

X, Y = make_multitask_classification(90, 5, n_tasks=2, random_state=0)
X_r, Y_r = make_multitask_regression(90, 5, n_tasks=3, random_state=0)


def small(Net=MultiTaskNetClassifier, **params):
    defaults = {"hidden_layer_sizes": (8,), "batch_size": 32, "max_epochs": 5}
    return Net(**{**defaults, "random_state": 0, **params})


def weights(net):
    return [tensor.clone() for tensor in net.module_.state_dict().values()]


def assert_same_weights(net, expected):
    for now, before in zip(net.module_.state_dict().values(), expected, strict=True):
        assert torch.equal(now, before)


def assert_usable(net, X=X, Y=Y):
    """The estimator predicts, and can be trained further."""
    predict = getattr(net, "predict_proba", net.predict)
    assert np.isfinite(predict(X)).all()
    assert len(net.history_) == net.n_iter_ >= net.best_epoch_
    net.set_params(lr=1e-3, callbacks=None).partial_fit(X, Y)
    assert len(net.history_) == net.n_iter_


class Break(Callback):
    """Raise an error at the end of an epoch, or of its first batch."""

    def __init__(self, epoch, error=RuntimeError, *, mid_epoch=False):
        self.epoch = epoch
        self.error = error
        self.mid_epoch = mid_epoch

    def _raise(self, net):
        if len(net.history) == self.epoch:
            raise self.error("stop here")

    def on_batch_end(self, net, **kwargs):
        if self.mid_epoch:
            self._raise(net)

    def on_epoch_end(self, net, **kwargs):
        if not self.mid_epoch:
            self._raise(net)


class BreakingEncoder(nn.Module):
    """Behave for some training batches, and then `misbehave(X)`."""

    out_features = 5

    def __init__(self, n_batches, misbehave):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.n_batches = n_batches
        self.misbehave = misbehave

    def forward(self, X):
        self.n_batches -= self.training
        if self.training and self.n_batches < 0:
            X = self.misbehave(X)
        return X * self.scale


def return_nan(X):
    return X * torch.nan


def interrupt(X):
    raise KeyboardInterrupt


# A loss that becomes NaN or infinite


def fit_until_it_diverges(net, X, Y, message):
    with pytest.raises(ValueError, match=message):
        net.fit(X, Y)
    return net


DIVERGED = r"loss of task .* became NaN or infinite in epoch \d+.*A lower 'lr'"


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("batch_size", [16, 1000], ids=["batches", "full batch"])
@pytest.mark.parametrize("max_epochs", [1, 2, 10])
def test_a_learning_rate_too_high(early_stopping, batch_size, max_epochs):
    net = small(
        lr=1e30,
        batch_size=batch_size,
        max_epochs=max_epochs,
        early_stopping=early_stopping,
    )
    fit_until_it_diverges(net, X, Y, DIVERGED)
    assert_usable(net)


@pytest.mark.parametrize("batch_size", [16, 1000], ids=["batches", "full batch"])
def test_a_learning_rate_too_high_for_quantities(batch_size):
    net = small(MultiTaskNetRegressor, lr=1e30, batch_size=batch_size)
    fit_until_it_diverges(net, X_r, Y_r, DIVERGED)
    assert_usable(net, X_r, Y_r)


class BreakHead(Callback):
    """Break the head of the second task in the second epoch."""

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == 2:
            with torch.no_grad():
                net.module_.heads.weight[1] = torch.inf


@pytest.mark.parametrize("names", [["a", "b"], ["b", "a"]])
def test_the_task_that_broke_is_named(names):
    net = small(callbacks=[BreakHead()])
    message = f"loss of task '{names[1]}' became .* epoch 2"
    fit_until_it_diverges(net, X, pd.DataFrame(Y, columns=names), message)
    assert_usable(net)


def test_all_tasks_are_named_if_all_broke():
    net = small(encoder=lambda n: BreakingEncoder(0, return_nan))
    fit_until_it_diverges(net, X, Y, "loss of task 'task0', 'task1' became")


@pytest.mark.parametrize("batches_before", [6, 7], ids=["at its start", "in its midst"])
def test_the_last_good_weights_are_kept(batches_before):
    """Of epochs of three batches, the first two are good."""

    def encoder(n_features):
        return BreakingEncoder(batches_before, return_nan)

    net = small(encoder=encoder)
    fit_until_it_diverges(net, X, Y, r"task 'task0', 'task1' .* in epoch 3")
    good = small(encoder=encoder, max_epochs=2).fit(X, Y)
    assert_same_weights(net, weights(good))
    assert net.best_epoch_ == 2


def test_the_broken_epoch_is_in_the_history():
    net = small(encoder=lambda n: BreakingEncoder(7, return_nan))
    fit_until_it_diverges(net, X, Y, "in epoch 3")
    assert [row["epoch"] for row in net.history_] == [1, 2, 3]
    assert np.isnan(net.history_[2]["train_loss_task0"])


def test_training_goes_on_after_a_divergence():
    """The optimizer forgets what drove it there."""
    net = fit_until_it_diverges(small(lr=1e30, warm_start=True), X, Y, DIVERGED)
    net.set_params(lr=0.01, max_epochs=30).fit(X, Y)
    assert net.score(X, Y) > 0.8


# An error


def break_refit(net, Y=Y, **params):
    with pytest.raises(RuntimeError, match="stop here"):
        net.set_params(callbacks=[Break(2)], **params).fit(X, Y)


def test_a_failing_fit_leaves_the_estimator_unfitted():
    net = small()
    break_refit(net)
    assert not [name for name in vars(net) if name.endswith("_")]


def test_a_failing_refit_leaves_the_last_fit():
    net = small().fit(X, Y)
    expected, history = net.predict_proba(X), net.history_
    break_refit(net, Y[:, ::-1], hidden_layer_sizes=(3,), precision="float64")
    net.set_params(hidden_layer_sizes=(8,), precision="float32")
    np.testing.assert_array_equal(net.predict_proba(X), expected)
    assert net.history_ == history
    assert_usable(net)


@pytest.mark.parametrize("mid_epoch", [False, True])
def test_a_failing_warm_start_leaves_the_last_fit(mid_epoch):
    net = small(warm_start=True, callbacks=[Break(7, mid_epoch=mid_epoch)]).fit(X, Y)
    expected, history = net.predict_proba(X), net.history_
    with pytest.raises(RuntimeError, match="stop here"):
        net.fit(X, Y)
    np.testing.assert_array_equal(net.predict_proba(X), expected)
    assert net.history_ == history
    assert len(net.net_.history) == 5


def test_bad_input_to_partial_fit_leaves_the_last_fit():
    net = small().fit(X, Y)
    expected = net.predict_proba(X)
    with pytest.raises(ValueError, match="among its classes"):
        net.partial_fit(X, Y + 1)
    with pytest.raises(ValueError, match="expecting 5 features"):
        net.partial_fit(X[:, :3], Y)
    np.testing.assert_array_equal(net.predict_proba(X), expected)
    assert net.n_features_in_ == 5


# Ctrl-C


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_callback_may_stop_training(early_stopping):
    """skorch's way: a KeyboardInterrupt. It is no accident, so there is no warning."""
    stop = Break(3, KeyboardInterrupt)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net = small(callbacks=[stop], early_stopping=early_stopping).fit(X, Y)
    assert net.n_iter_ == 3
    assert_usable(net)


def test_ctrl_c_warns_and_keeps_the_weights():
    net = small(encoder=lambda n: BreakingEncoder(7, interrupt))
    with pytest.warns(ConvergenceWarning, match="interrupted .* keeps the weights"):
        net.fit(X, Y)
    assert net.n_iter_ == net.best_epoch_ == 2


def test_epochs_are_numbered_through_after_an_interruption():
    stop = Break(3, KeyboardInterrupt, mid_epoch=True)
    net = small(callbacks=[stop], warm_start=True).fit(X, Y)
    assert net.n_iter_ == net.best_epoch_ == 2
    stop.epoch = 0
    net.set_params(callbacks=None, max_epochs=2).fit(X, Y)
    net.partial_fit(X, Y)
    assert net.n_iter_ == net.best_epoch_
    epochs = [row["epoch"] for row in net.history_]
    assert epochs == list(range(1, net.n_iter_ + 1))


def test_ctrl_c_with_early_stopping_keeps_the_best_epoch():
    options = {"early_stopping": True, "lr": 0.3, "max_epochs": 20}
    options |= {"preset": "plain"}
    whole = small(**options).fit(X, Y)
    assert whole.best_epoch_ < 15
    stop = Break(15, KeyboardInterrupt)
    stopped = small(**options, callbacks=[stop]).fit(X, Y)
    assert stopped.best_epoch_ == whole.best_epoch_
    assert_same_weights(stopped, weights(whole))
