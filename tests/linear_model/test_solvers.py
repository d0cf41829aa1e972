import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import approx_fprime

from sklearn_mtl.linear_model import RegularizedMTLRegressor
from sklearn_mtl.linear_model._task_data import make_task_data
from sklearn_mtl.linear_model.losses import LOSSES
from sklearn_mtl.linear_model.solvers import _gram_problem, _row_problem
from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem, prefers_grams
from sklearn_mtl.linear_model.solvers._largest_eigenvalue import (
    largest_curvature,
    largest_eigenvalue,
)
from sklearn_mtl.linear_model.solvers._row_problem import RowProblem

n, p, T = 60, 7, 4


def make_loss(width):
    return LOSSES["logistic"]() if width == 1 else LOSSES["multinomial"](width)


def make_data(pattern, *, make=np.asarray, fit_intercept=True, widths=(1,) * T):
    """Return regression or, with several columns a task, classification data."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n, p)) + 0.5
    X[rng.rand(n, p) < 0.5] = 0
    weights = np.ones((n, T))
    if pattern == "weighted":
        weights = rng.rand(n, T)
    elif pattern == "missing":
        weights = (rng.rand(n, T) > 0.3).astype(float)
    elif pattern == "one task per row":
        weights = np.eye(T)[rng.randint(T, size=n)]
    elif pattern == "two groups":
        weights = (np.arange(n)[:, np.newaxis] % 3 != [0, 1, 0, 1]).astype(float)
    Y = rng.randint(2, size=(n, T)) * 1.0
    return make_task_data(make(X), Y, weights, np.array(widths), fit_intercept)


PATTERNS = ["complete", "weighted", "missing", "one task per row", "two groups"]


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_grams_and_rows_agree(pattern, make, fit_intercept):
    data = make_data(pattern, make=make, fit_intercept=fit_intercept)
    grams = GramProblem(data)
    rows = RowProblem(data, lambda width: LOSSES["squared"]())
    assert grams.shape == rows.shape == (p, T)
    assert grams.lipschitz == pytest.approx(rows.lipschitz)
    for W in (np.zeros((p, T)), np.random.RandomState(1).standard_normal((p, T))):
        one, other = grams.evaluate(W), rows.evaluate(W)
        assert one.value == pytest.approx(other.value)
        np.testing.assert_allclose(one.gradient, other.gradient, atol=1e-12)
        np.testing.assert_allclose(one.intercept, other.intercept, atol=1e-12)
        for s in (0.0, 0.4, 1.0):
            assert one.dual(s) == pytest.approx(other.dual(s))


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("widths", [(1, 1, 1, 1), (1, 3, 3, 1)])
def test_gradient_and_its_bound(pattern, widths):
    problem = RowProblem(make_data(pattern, widths=widths), make_loss)
    W = np.random.RandomState(1).standard_normal(problem.shape)
    found = problem.evaluate(W).gradient
    slope = approx_fprime(
        W.ravel(), lambda w: problem.evaluate(w.reshape(W.shape)).value, 1e-7
    )
    np.testing.assert_allclose(found.ravel(), slope, atol=1e-5)
    rng = np.random.RandomState(2)
    for size in (0.1, 1.0, 10.0):
        move = size * rng.standard_normal(W.shape)
        change = problem.evaluate(W + move).gradient - found
        bound = problem.lipschitz * np.linalg.norm(move)
        assert np.linalg.norm(change) <= bound * (1 + 1e-9)


def test_tasks_share_rows_where_copies_would_be_many(monkeypatch):
    data = make_data("missing", widths=(1, 3, 3, 1))
    shared = RowProblem(data, make_loss)
    assert len(shared.blocks) == 2
    monkeypatch.setattr(_row_problem, "_MAX_COPIES", 10)
    monkeypatch.setattr(_row_problem, "_SMALL", 0)
    copied = RowProblem(data, make_loss)
    assert len(copied.blocks) == 4
    W = np.random.RandomState(1).standard_normal(shared.shape)
    one, other = shared.evaluate(W), copied.evaluate(W)
    assert one.value == pytest.approx(other.value)
    np.testing.assert_allclose(one.gradient, other.gradient, atol=1e-12)
    ragged = RowProblem(make_data("one task per row"), make_loss)
    assert sum(len(block.targets) for block in ragged.blocks) == n


@pytest.mark.parametrize("penalty", ["ridge", "mean", "l21"])
def test_grams_have_a_budget(monkeypatch, penalty):
    """Without them the rows themselves give the same."""
    data = make_data("missing")
    assert prefers_grams(data)
    Y = np.where(data.weights > 0, data.targets, np.nan)
    reg = RegularizedMTLRegressor(penalty, 0.05, tol=1e-10).fit(data.X, Y)
    monkeypatch.setattr(_gram_problem, "_BUDGET", 0)
    assert not prefers_grams(data)
    other = RegularizedMTLRegressor(penalty, 0.05, tol=1e-10).fit(data.X, Y)
    np.testing.assert_allclose(other.coef_, reg.coef_, atol=1e-6)


@pytest.mark.parametrize("n_features", [50, 300])
def test_largest_eigenvalue_is_a_near_upper_bound(n_features):
    rng = np.random.RandomState(0)
    X, v = rng.standard_normal((100, n_features)) + 1, rng.rand(100)
    v /= v.sum()
    Z = (X - v @ X) * np.sqrt(v)[:, np.newaxis]
    exact = np.linalg.norm(Z, 2) ** 2
    for found in (
        largest_eigenvalue(Z.T @ Z),
        largest_curvature(X, v, centre=True),
        largest_curvature(sparse.csr_array(X), v, centre=True),
    ):
        assert exact * (1 - 1e-12) <= found <= exact * 1.02
    assert largest_curvature(np.ones((5, n_features)), np.full(5, 0.2), centre=True) < (
        1e-12
    )
    assert largest_eigenvalue(np.zeros((n_features, n_features))) == 0
