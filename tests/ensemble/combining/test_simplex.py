"""Weights on the simplex: the exact optimum of convex problems."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from sklearn_mtl.ensemble._combining._simplex import (
    minimise_log_loss,
    minimise_squared_error,
)

shapes = st.tuples(st.integers(1, 30), st.integers(1, 6))
probabilities = shapes.flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(1e-16, 1))
)
errors = shapes.flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(-1000, 1000))
)


def log_loss(weights, likelihoods, counts):
    return -counts @ np.log(likelihoods @ weights)


def squared_error(weights, residuals, counts):
    return counts @ (residuals @ weights) ** 2


def assert_on_simplex(weights):
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1, abs=1e-12)


@settings(max_examples=200, deadline=None)
@given(probabilities, st.integers(0, 10**6))
def test_log_loss_has_no_duality_gap(likelihoods, seed):
    """No weight can be moved to another candidate to gain anything."""
    counts = np.random.RandomState(seed).uniform(0.1, 3, len(likelihoods))
    weights = minimise_log_loss(likelihoods, counts)
    assert_on_simplex(weights)
    gains = likelihoods.T @ (counts / (likelihoods @ weights))
    assert gains.max() <= counts.sum() * (1 + 1e-6)


@settings(max_examples=200, deadline=None)
@given(errors, st.integers(0, 10**6))
def test_squared_error_has_no_duality_gap(residuals, seed):
    counts = np.random.RandomState(seed).uniform(0.1, 3, len(residuals))
    weights = minimise_squared_error(residuals, counts)
    assert_on_simplex(weights)
    gradient = residuals.T @ (counts * (residuals @ weights))
    scale = squared_error(np.eye(len(weights)), residuals, counts).min()
    assert gradient @ weights - gradient.min() <= 1e-9 * scale


@pytest.mark.parametrize(
    ("solve", "loss"),
    [(minimise_log_loss, log_loss), (minimise_squared_error, squared_error)],
    ids=["log-loss", "squared error"],
)
@pytest.mark.parametrize("seed", range(5))
def test_against_scipy(solve, loss, seed):
    rng = np.random.RandomState(seed)
    rows, counts = rng.uniform(0.01, 1, (80, 4)), rng.uniform(0, 2, 80)
    found = minimize(
        loss,
        np.full(4, 0.25),
        (rows, counts),
        method="SLSQP",
        bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-12},
    )
    weights = solve(rows, counts)
    assert loss(weights, rows, counts) <= found.fun + 1e-9
    np.testing.assert_allclose(weights, found.x, atol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_against_cvxpy(seed):
    cp = pytest.importorskip("cvxpy")
    rng = np.random.RandomState(seed)
    rows, counts = rng.dirichlet(np.ones(3), (60, 5))[..., 0], rng.uniform(0, 2, 60)
    w = cp.Variable(5, nonneg=True)
    problem = cp.Problem(cp.Maximize(counts @ cp.log(rows @ w)), [cp.sum(w) == 1])
    problem.solve(solver="CLARABEL")
    loss = log_loss(minimise_log_loss(rows, counts), rows, counts)
    assert loss == pytest.approx(-problem.value, rel=1e-6)
    assert loss <= -problem.value + 1e-6


def test_squared_error_of_two_in_closed_form():
    rng = np.random.RandomState(0)
    a, b = rng.normal(1, 1, 50), rng.normal(-1, 2, 50)
    weight = -((a - b) @ b) / ((a - b) @ (a - b))
    found = minimise_squared_error(np.column_stack([a, b]), np.ones(50))
    np.testing.assert_allclose(found, [weight, 1 - weight])


@pytest.mark.parametrize("solve", [minimise_log_loss, minimise_squared_error])
def test_one_candidate(solve):
    rows = np.random.RandomState(0).uniform(size=(9, 1))
    assert solve(rows, np.ones(9)).tolist() == [1.0]


def test_perfect_candidate_gets_all():
    likelihoods = np.column_stack([np.full(20, 0.6), np.ones(20), np.full(20, 0.9)])
    assert minimise_log_loss(likelihoods, np.ones(20)).tolist() == [0, 1, 0]
    residuals = np.column_stack([np.ones(20), np.zeros(20), np.full(20, 1e-9)])
    assert minimise_squared_error(residuals, np.ones(20)).tolist() == [0, 1, 0]


@pytest.mark.parametrize("solve", [minimise_log_loss, minimise_squared_error])
def test_a_count_is_a_repeated_row(solve):
    rng = np.random.RandomState(0)
    rows, counts = rng.uniform(size=(40, 3)), rng.randint(0, 4, 40)
    repeated = np.repeat(rows, counts, axis=0)
    np.testing.assert_allclose(
        solve(rows, counts), solve(repeated, np.ones(len(repeated))), atol=1e-6
    )


def test_scale_of_a_likelihood_does_not_matter():
    rng = np.random.RandomState(0)
    rows, counts = rng.uniform(size=(40, 3)), np.ones(40)
    scaled = rows * 10.0 ** rng.randint(-14, 1, (40, 1))
    np.testing.assert_allclose(
        minimise_log_loss(rows, counts), minimise_log_loss(scaled, counts), atol=1e-7
    )


def test_scale_of_the_errors_does_not_matter():
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(40, 3))
    expected = minimise_squared_error(rows, np.ones(40))
    for scale in (1e-12, 1e12):
        found = minimise_squared_error(scale * rows, np.ones(40))
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("solve", [minimise_log_loss, minimise_squared_error])
def test_without_rows_all_candidates_are_alike(solve):
    assert solve(np.empty((0, 4)), np.empty(0)).tolist() == [0.25] * 4


def test_candidates_that_agree_share_their_weight():
    """Where nothing is to be gained, nothing is moved."""
    likelihoods = np.repeat(np.random.RandomState(0).uniform(size=(9, 1)), 3, axis=1)
    np.testing.assert_allclose(minimise_log_loss(likelihoods, np.ones(9)), [1 / 3] * 3)
