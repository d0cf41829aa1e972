import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skorch.callbacks import Callback

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._weight_average import WeightAverage

X, Y = make_multitask_classification(150, 4, n_tasks=2, random_state=0)


def average(values):
    """Return the average after a weight had these values in turn."""
    weight = torch.zeros(1, dtype=torch.float64)
    averaged = WeightAverage([weight])
    for value in values:
        weight.fill_(value)
        averaged.update()
    averaged.put_in_place()
    return weight.item()


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=50))
def test_the_formula(values):
    expected = 0.0
    for t, value in enumerate(values, start=1):
        expected += (value - expected) * 10 / (t + 9)
    assert average(values) == pytest.approx(expected, abs=1e-9)


def test_the_first_step_is_all_of_it():
    assert average([3.0]) == 3.0


def test_it_is_a_mean_over_about_a_tenth_of_the_steps():
    """Of a weight that rises by one in each step it is so far behind."""
    assert 1000 - average(range(1, 1001)) == pytest.approx(1000 / 11, rel=0.02)


def test_training_goes_on_from_the_last_step():
    weight = torch.zeros(3)
    averaged = WeightAverage([weight])
    for value in (1.0, 2.0):
        weight.fill_(value)
        averaged.update()
    for _ in range(2):
        averaged.put_in_place()
        assert (weight < 2).all()
    for _ in range(2):
        averaged.take_away()
        assert (weight == 2).all()


def test_without_weights_nothing_is_averaged():
    weight = torch.ones(3)
    averaged = WeightAverage([])
    for step in (averaged.update, averaged.put_in_place, averaged.take_away):
        step()
        assert (weight == 1).all()
    moved = averaged.move_to([weight], torch.tensor([0]))
    weight += 1
    moved.update()
    moved.put_in_place()
    assert (weight == 2).all()


def test_some_rows_go_on_elsewhere():
    weight = torch.zeros(3)
    averaged = WeightAverage([weight])
    for step in range(1, 5):
        weight += step * torch.arange(3)
        averaged.update()
    averaged.put_in_place()
    rows = torch.tensor([2, 0])
    new = weight[rows]
    moved = averaged.move_to([new], rows)
    for each in (averaged, moved):
        each.take_away()
        each.update()
        each.put_in_place()
    torch.testing.assert_close(new, weight[rows])


class NoteSteps(Callback):
    """Keeps the weights after each training step."""

    def __init__(self):
        self.steps = []

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.steps.append(weights_of(net))


def fit(**params):
    settings = {"max_epochs": 8, "batch_size": 16, "random_state": 0, "dropout": 0.0}
    return MultiTaskNetClassifier((8,), **settings | params).fit(X, Y)


def weights_of(net):
    """Return a copy of all weights."""
    return torch.cat([p.detach().flatten() for p in net.module_.parameters()])


def test_the_weights_that_are_kept_are_the_average():
    """The steps are the same, so that the last ones can be averaged by hand."""
    note = NoteSteps()
    plain = fit(average=False, early_stopping=False, callbacks=[note])
    steps = note.steps
    torch.testing.assert_close(weights_of(plain), steps[-1])
    expected = torch.zeros_like(steps[0])
    for t, step in enumerate(steps, start=1):
        expected += (step - expected) * 10 / (t + 9)
    averaged = fit(average=True, early_stopping=False)
    torch.testing.assert_close(weights_of(averaged), expected, rtol=1e-4, atol=1e-5)


def test_validation_is_that_of_the_average():
    """Its last loss is the one that the fitted net has, if the last epoch is best."""
    net = fit(average=True, early_stopping=True, validation_fraction=0.3)
    losses = [epoch["valid_relative_loss"] for epoch in net.history_]
    assert net.best_epoch_ == int(np.argmin(losses)) + 1
    raw = fit(average=False, early_stopping=True, validation_fraction=0.3)
    assert losses != [epoch["valid_relative_loss"] for epoch in raw.history_]


def test_an_epoch_of_partial_fit_is_averaged_by_itself():
    net = MultiTaskNetClassifier((8,), random_state=0, average=True, dropout=0.0)
    plain = MultiTaskNetClassifier((8,), random_state=0, average=False, dropout=0.0)
    # One step, of which the average is the weights.
    for each in (net, plain):
        each.partial_fit(X[:50], Y[:50])
    torch.testing.assert_close(weights_of(net), weights_of(plain))


def test_more_epochs_go_on_from_the_average():
    net = fit(warm_start=True, early_stopping=False)
    before = net.predict_proba(X)
    net.set_params(max_epochs=1, lr=1e-12).fit(X, Y)
    for found, expected in zip(net.predict_proba(X), before, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


class SetWeights(Callback):
    """Lets all weights of the heads be a number before the last epoch."""

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == 2:
            with torch.no_grad():
                net.module_.heads.weight.fill_(3.0)


def test_a_callback_changes_the_weights_that_training_goes_on_with():
    net = fit(callbacks=[SetWeights()], max_epochs=2, lr=1e-12, early_stopping=False)
    # Of the last ten steps, which are the second epoch.
    torch.testing.assert_close(
        net.module_.heads.weight.detach(),
        torch.full_like(net.module_.heads.weight, 3.0),
        rtol=0,
        atol=1.5,
    )
