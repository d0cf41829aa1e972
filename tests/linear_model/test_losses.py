import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import logit
from sklearn.metrics import log_loss, mean_squared_error

from sklearn_mtl.linear_model.losses import LOSSES

n, k = 30, 3


@pytest.fixture(params=[*LOSSES], ids=str)
def case(request):
    """A loss with scores, labels and weights of three tasks."""
    rng = np.random.RandomState(0)
    n_classes = 4
    weights = rng.rand(n, k) * (rng.rand(n, k) > 0.2)
    weights /= weights.sum(axis=0)
    if request.param == "squared":
        loss, Y, width = LOSSES["squared"](), rng.standard_normal((n, k)), 1
    elif request.param == "logistic":
        loss, Y, width = LOSSES["logistic"](), rng.randint(2, size=(n, k)), 1
    else:
        loss = LOSSES["multinomial"](n_classes)
        Y, width = rng.randint(n_classes, size=(n, k)), n_classes
    Z = 2 * rng.standard_normal((n, k * width))
    return loss, Z, Y.astype(float), weights, np.zeros(k * width)


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_residual_is_minus_the_gradient(case, fit_intercept):
    loss, Z, Y, weights, start = case

    def value(scores):
        scores = scores.reshape(Z.shape)
        return loss.evaluate(
            scores, Y, weights, start, fit_intercept=fit_intercept
        ).value

    found = loss.evaluate(Z, Y, weights, start, fit_intercept=fit_intercept)
    slope = approx_fprime(Z.ravel(), value, 1e-7)
    np.testing.assert_allclose(-found.residual.ravel(), slope, atol=1e-6)


def test_intercepts_are_the_best_ones(case):
    loss, Z, Y, weights, start = case
    best = loss.evaluate(Z, Y, weights, start, fit_intercept=True)
    np.testing.assert_allclose(best.residual.sum(axis=0), 0, atol=1e-12)
    same = loss.evaluate(Z + best.intercept, Y, weights, start, fit_intercept=False)
    assert same.value == pytest.approx(best.value, rel=1e-14)
    assert same.value <= loss.evaluate(Z, Y, weights, start, fit_intercept=False).value


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_dual_is_a_tight_lower_bound(case, fit_intercept):
    """Of loss(Z) + s ⟨residual, Z⟩ over all scores Z; for s = 1 it is reached."""
    loss, Z, Y, weights, start = case
    here = loss.evaluate(Z, Y, weights, start, fit_intercept=fit_intercept)
    reached = here.value + np.vdot(here.residual, Z)
    assert here.dual(1.0) == pytest.approx(reached, rel=1e-10, abs=1e-12)
    rng = np.random.RandomState(1)
    for s in (0.0, 0.3, 0.9, 1.0):
        for size in (0.0, 0.3, 3.0):
            there = size * rng.standard_normal(Z.shape)
            loss_there = loss.evaluate(
                there, Y, weights, start, fit_intercept=fit_intercept
            ).value
            objective = loss_there + s * np.vdot(here.residual, there)
            assert objective >= here.dual(s) - 1e-12


def test_curvature_bounds_the_second_derivative(case):
    loss, Z, Y, _, start = case
    weights = np.full((n, k), 1 / n)
    rng = np.random.RandomState(1)
    for _ in range(20):
        move = 0.1 * rng.standard_normal(Z.shape)
        slopes = [
            loss.evaluate(at, Y, weights, start, fit_intercept=False).residual
            for at in (Z, Z + move)
        ]
        change = np.linalg.norm(slopes[0] - slopes[1])
        assert change <= loss.curvature / n * np.linalg.norm(move) * (1 + 1e-12)


def test_values_are_those_of_scikit_learn():
    rng = np.random.RandomState(0)
    z, weights = rng.standard_normal((n, 1)), rng.rand(n, 1)
    weights /= weights.sum()

    def value(name, scores, y, *args):
        loss = LOSSES[name](*args)
        start = np.zeros(scores.shape[1])
        return loss.evaluate(scores, y, weights, start, fit_intercept=False).value

    y = rng.standard_normal((n, 1))
    expected = 0.5 * mean_squared_error(y, z, sample_weight=weights[:, 0])
    assert value("squared", z, y) == pytest.approx(expected)
    p = rng.dirichlet(np.ones(3), size=n)
    y = rng.randint(3, size=(n, 1)).astype(float)
    expected = log_loss(y, p, sample_weight=weights[:, 0], labels=[0, 1, 2])
    assert value("multinomial", np.log(p), y, 3) == pytest.approx(expected)
    y, p = (y > 0).astype(float), p[:, :1]
    expected = log_loss(y, p, sample_weight=weights[:, 0])
    assert value("logistic", logit(p), y) == pytest.approx(expected)


@pytest.mark.parametrize("offset", [-30.0, 30.0])
def test_intercepts_are_found_from_afar(case, offset):
    loss, Z, Y, weights, start = case
    near = loss.evaluate(Z, Y, weights, start, fit_intercept=True)
    far = loss.evaluate(Z + offset, Y, weights, start, fit_intercept=True)
    assert far.value == pytest.approx(near.value, rel=1e-12)


def test_no_rows(case):
    """What a fold may leave of a task."""
    loss, Z, Y, weights, start = case
    found = loss.evaluate(Z[:0], Y[:0], weights[:0], start, fit_intercept=False)
    assert found.residual.shape == (0, Z.shape[1])
    assert found.value == 0
