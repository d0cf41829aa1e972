"""How the learning rate changes over the steps of a fit."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skorch.callbacks import Callback

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._schedule import Schedule, constant, cosine

X, Y = make_multitask_classification(100, 4, n_tasks=2, random_state=0)


class Rates(Callback):
    """Keeps the rate of every step."""

    def initialize(self):
        self.seen = getattr(self, "seen", [])
        return self

    def on_grad_computed(self, net, *args, **kwargs):
        self.seen.append(net.optimizer_.param_groups[0]["lr"])


def make(rates=None, **params):
    defaults = {"lr": 0.02, "max_epochs": 5, "batch_size": 20, "early_stopping": False}
    callbacks = None if rates is None else [rates]
    return MultiTaskNetClassifier(
        (4,), callbacks=callbacks, random_state=0, **defaults | params
    )


def rate_of(net):
    return net.net_.optimizer_.param_groups[0]["lr"]


def optimizer_of(*rates):
    groups = [{"params": [torch.zeros(1)], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups)


def rates_of(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def test_a_constant_rate():
    assert {constant(p) for p in np.linspace(0, 1, 11)} == {1.0}


@pytest.mark.parametrize(
    ("progress", "factor"),
    [
        (0.0, 0.01),
        (0.025, 0.25),
        (0.05, 0.5),
        (0.1, 1.0),
        (0.325, 0.5 * (1 + math.cos(math.pi / 4))),
        (0.55, 0.5),
        (1.0, 0.0),
    ],
)
def test_a_rise_in_a_line_and_a_fall_as_a_cosine(progress, factor):
    assert cosine(progress) == pytest.approx(factor, abs=1e-12)


@given(st.floats(0, 0.099), st.floats(0, 1))
def test_it_rises_and_then_falls(early, late):
    assert 0 < cosine(early) <= cosine(early + 0.001) <= 1
    late = 0.1 + 0.8 * late
    assert 1 >= cosine(late) >= cosine(late + 0.1) >= 0


@settings(deadline=None)
@given(n_steps=st.integers(1, 50))
def test_every_group_has_the_same_factor(n_steps):
    optimizer = optimizer_of(1.0, 0.2)
    schedule = Schedule("cosine", n_steps, optimizer)
    for step in range(n_steps):
        schedule.set_rates()
        factor = cosine(step / n_steps)
        assert rates_of(optimizer) == pytest.approx([factor, 0.2 * factor])
        assert factor > 0
    schedule.reset_rates()
    assert rates_of(optimizer) == pytest.approx([1.0, 0.2])


def test_a_constant_schedule_leaves_rates_to_others():
    optimizer = optimizer_of(1.0)
    schedule = Schedule("constant", 10, optimizer)
    optimizer.param_groups[0]["lr"] = 0.3
    schedule.set_rates()
    schedule.reset_rates()
    assert rates_of(optimizer) == [0.3]


def test_what_others_do_to_the_rates_stays():
    optimizer = optimizer_of(1.0)
    schedule = Schedule("cosine", 10, optimizer)
    schedule.set_rates()
    optimizer.param_groups[0]["lr"] /= 2
    schedule.set_rates()
    assert rates_of(optimizer) == [pytest.approx(cosine(0.1) / 2)]


def test_it_goes_on_for_another_optimizer():
    first = optimizer_of(1.0)
    schedule = Schedule("cosine", 10, first)
    for _ in range(3):
        schedule.set_rates()
    second = optimizer_of(*rates_of(first))
    schedule.move_to(second).set_rates()
    assert rates_of(second) == [pytest.approx(cosine(0.3))]
    assert rates_of(first) == [pytest.approx(cosine(0.2))]


def test_steps_of_a_fit():
    rates = Rates()
    net = make(rates, lr_schedule="cosine").fit(X, Y)
    expected = [0.02 * cosine(step / 25) for step in range(25)]
    assert rates.seen == pytest.approx(expected)
    assert rate_of(net) == pytest.approx(0.02)


def test_steps_of_a_fit_with_a_constant_rate():
    rates = Rates()
    make(rates, lr_schedule="constant").fit(X, Y)
    assert rates.seen == [0.02] * 25


def test_a_warm_start_rises_and_falls_anew():
    rates = Rates()
    net = make(rates, lr_schedule="cosine", warm_start=True).fit(X, Y)
    first = list(rates.seen)
    rates.seen.clear()
    net.set_params(lr=0.04).fit(X, Y)
    kept = net.net_.callbacks_[0][1].seen
    np.testing.assert_allclose(kept[-25:], 2 * np.array(first))


def test_partial_fit_has_a_constant_rate():
    rates = Rates()
    net = make(rates)
    for _ in range(3):
        net.partial_fit(X, Y, classes=[[0, 1], [0, 1]])
        assert net.settings_["lr_schedule"] == "constant"
    assert set(rates.seen) == {0.02}


def test_the_full_rate_is_back_after_training_was_stopped():
    class Stop(Callback):
        def on_epoch_end(self, net, **kwargs):
            raise KeyboardInterrupt

    net = make(Stop(), lr_schedule="cosine").fit(X, Y)
    assert net.n_iter_ == 1
    assert rate_of(net) == pytest.approx(0.02)


def test_an_unknown_schedule():
    message = r"'lr_schedule' parameter.*must be one of .*, got 'cosin' \(did you mean"
    with pytest.raises(ValueError, match=message):
        make(lr_schedule="cosin").fit(X, Y)
