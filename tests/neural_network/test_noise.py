"""How sure a regressor is of what it predicts."""

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklearn_mtl.datasets import make_multitask_regression
from sklearn_mtl.neural_network import MultiTaskNetRegressor
from sklearn_mtl.neural_network._noise import estimate_noise

RNG = np.random.default_rng(0)
NOISE = np.array([0.5, 20.0])


def generate(n, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    mean = np.column_stack([X[:, 0], 30 * X[:, 0] - 10 * X[:, 1]])
    return X, mean + NOISE * rng.normal(size=mean.shape)


X, Y = generate(400)


def make(**params):
    defaults = {"hidden_layer_sizes": (16,), "max_epochs": 4, "random_state": 0}
    return MultiTaskNetRegressor(**defaults | params)


def members_of(net, X):
    """Return the predictions of the members, (n, n_members, n_tasks), in y's units."""
    with torch.no_grad():
        z = net.module_.outputs_by_member(torch.as_tensor(X, dtype=torch.float32))
    of_members = z.double().numpy().swapaxes(0, 1)
    return np.stack([net._scale.inverse_transform(m) for m in of_members], axis=1)


@pytest.mark.parametrize("n_networks", [1, 2])
def test_the_noise_is_what_members_do_not_differ_by(n_networks):
    net = make(early_stopping=False, n_networks=n_networks).fit(X, Y)
    by_member = members_of(net, X)
    mean, variance = by_member.mean(1), by_member.var(1)
    np.testing.assert_allclose(net.predict(X), mean, rtol=1e-4, atol=1e-4)
    expected = np.sqrt(np.mean((mean - Y) ** 2 - variance, axis=0))
    np.testing.assert_allclose(net.noise_, expected, rtol=1e-4)
    _, std = net.predict(X, return_std=True)
    np.testing.assert_allclose(std, np.sqrt(variance + expected**2), rtol=1e-4)


def test_one_network_has_the_same_deviation_for_every_row():
    net = make(n_members=1, early_stopping=False).fit(X, Y)
    predicted, std = net.predict(X, return_std=True)
    rmse = np.sqrt(np.mean((predicted - Y) ** 2, axis=0))
    np.testing.assert_allclose(net.noise_, rmse, rtol=1e-4)
    np.testing.assert_allclose(std, np.broadcast_to(rmse, std.shape), rtol=1e-4)


def test_it_is_estimated_on_the_rows_that_were_set_aside():
    """Where the net has learnt its training rows by heart, these are none the wiser."""
    noise = RNG.normal(size=(60, 1))
    params = {"hidden_layer_sizes": (64,), "weight_decay": 0.0, "dropout": 0.0}
    by_heart = make(early_stopping=False, max_epochs=200, **params)
    assert by_heart.fit(X[:60], noise).noise_[0] < 0.6
    params |= {"early_stopping": True, "validation_fraction": 0.3}
    held_out = make(max_epochs=200, n_iter_no_change=200, **params)
    assert held_out.fit(X[:60], noise).noise_[0] > 0.6


@pytest.mark.parametrize("params", [{}, {"n_networks": 2}, {"n_members": 1}], ids=str)
def test_deviations_cover_what_they_should(params):
    net = make(max_epochs=40, validation_fraction=0.25, **params).fit(X, Y)
    X_test, Y_test = generate(1000, seed=1)
    predicted, std = net.predict(X_test, return_std=True)
    np.testing.assert_allclose(net.noise_, NOISE, rtol=0.25)
    for width, share in [(1, 0.683), (2, 0.954)]:
        covered = (np.abs(predicted - Y_test) <= width * std).mean(axis=0)
        np.testing.assert_allclose(covered, share, atol=0.08)


def test_members_differ_more_where_there_was_no_data():
    net = make(max_epochs=60, n_networks=4).fit(X, Y)
    _, near = net.predict(np.zeros((1, 3)), return_std=True)
    _, far = net.predict(np.full((1, 3), 6.0), return_std=True)
    assert (far > near).all()


def test_shapes():
    net = make().fit(X, Y)
    for part in net.predict(X, return_std=True):
        assert part.shape == (400, 2)
        assert part.dtype == np.float64
    np.testing.assert_array_equal(net.predict(X, return_std=True)[0], net.predict(X))
    assert net.noise_.shape == (2,)
    one = make().fit(X, Y[:, 0])
    for part in one.predict(X, return_std=True):
        assert part.shape == (400,)
    assert one.noise_.shape == (1,)
    column = make().fit(X, Y[:, :1])
    assert column.predict(X, return_std=True)[1].shape == (400, 1)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_deviations_are_in_the_units_of_y(factor):
    net, scaled = make().fit(X, Y), make().fit(X, Y * factor + 5)
    np.testing.assert_allclose(scaled.noise_, net.noise_ * factor, rtol=1e-3)
    np.testing.assert_allclose(
        scaled.predict(X, return_std=True)[1],
        net.predict(X, return_std=True)[1] * factor,
        rtol=1e-3,
    )


def test_missing_targets_are_left_out():
    hidden = RNG.random(Y.shape) < 0.4
    missing = np.where(hidden, np.nan, Y)
    # What is hidden does not count, whatever it is.
    weights = np.where(hidden, 0.0, 1.0)
    net = make(early_stopping=False).fit(X, missing)
    other = make(early_stopping=False).fit(X, np.where(hidden, 1e3, Y), weights)
    np.testing.assert_array_equal(net.noise_, other.noise_)
    by_member = members_of(net, X)
    excess = (by_member.mean(1) - missing) ** 2 - by_member.var(1)
    np.testing.assert_allclose(net.noise_**2, np.nanmean(excess, 0), rtol=1e-3)


def test_weights_of_rows_count():
    weights = RNG.integers(1, 4, 400).astype(float)
    net = make(early_stopping=False).fit(X, Y, weights)
    by_member = members_of(net, X)
    excess = (by_member.mean(1) - Y) ** 2 - by_member.var(1)
    expected = np.average(excess, axis=0, weights=weights)
    np.testing.assert_allclose(net.noise_**2, expected, rtol=1e-3)


def test_the_order_of_the_tasks_does_not_matter():
    net, turned = make().fit(X, Y), make().fit(X, Y[:, ::-1])
    np.testing.assert_allclose(net.noise_, turned.noise_[::-1], rtol=1e-4)


def test_a_constant_target_has_no_noise():
    constant = np.column_stack([Y[:, 0], np.full(400, 3.0)])
    net = make(early_stopping=False).fit(X, constant)
    _, std = net.predict(X, return_std=True)
    assert np.isfinite(std).all()
    np.testing.assert_allclose(std[:, 1], 0, atol=1e-3)


def test_a_task_without_a_label_among_the_rows_set_aside():
    """The training rows tell what its noise is at least."""
    labels = Y.copy()
    labels[3:, 1] = np.nan
    run = make()._prepare(X, labels)
    assert run.valid.weights[:, 1].sum() == 0
    net = make().fit(X, labels)
    assert np.isfinite(net.noise_).all()
    assert np.isfinite(net.predict(X, return_std=True)[1]).all()


def test_more_training_estimates_it_anew():
    net = make()
    for _ in range(30):
        net.partial_fit(X, Y)
        last = net.noise_
    first = make().partial_fit(X, Y).noise_
    assert (last < first).all()
    assert (last > 0.8 * NOISE).all()


def test_tasks_that_are_transferred_have_deviations():
    net = make(n_iter_no_change=2).fit(X, Y[:, 0])
    net.transfer(X, Y[:, 1], name="new")
    predicted, std = net.predict(X, return_std=True)
    assert predicted.shape == std.shape == (400, 2)
    assert (std > 0).all()
    np.testing.assert_allclose(std[:, 1], NOISE[1], rtol=0.6)


def test_the_estimate_leaves_the_net_as_it_is():
    net = make()
    run = net._prepare(X, Y)
    before = [p.clone() for p in run.net.module_.parameters()]
    estimate_noise(run)
    for parameter, kept in zip(run.net.module_.parameters(), before, strict=True):
        assert torch.equal(parameter, kept)


def test_untrained_it_is_the_spread_of_the_targets():
    run = make(early_stopping=False)._prepare(X, Y)
    np.testing.assert_allclose(estimate_noise(run), Y.std(axis=0), rtol=1e-4)


def test_clones_have_none():
    net = clone(make().fit(X, Y))
    assert not hasattr(net, "noise_")


def test_noise_of_generated_tasks():
    X, Y = make_multitask_regression(600, 5, n_tasks=3, noise=0.5, random_state=0)
    net = make(max_epochs=40).fit(X[:400], Y[:400])
    predicted, std = net.predict(X[400:], return_std=True)
    covered = (np.abs(predicted - Y[400:]) <= 2 * std).mean()
    assert 0.88 < covered < 0.995
