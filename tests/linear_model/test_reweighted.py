"""Penalties that are not convex: a series of lassos."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_mtl.linear_model import RegularizedMTLClassifier, RegularizedMTLRegressor
from sklearn_mtl.linear_model.penalties import (
    PENALTIES,
    CappedL1Penalty,
    LassoPenalty,
    MultiLevelPenalty,
)
from sklearn_mtl.linear_model.solvers import _reweighted

NOT_CONVEX = [CappedL1Penalty(0.5), CappedL1Penalty(3.0), MultiLevelPenalty()]
for_each = pytest.mark.parametrize("penalty", NOT_CONVEX, ids=str)


def fit(X, Y, penalty, alpha=0.1, **params):
    return RegularizedMTLRegressor(penalty, alpha, **{"tol": 1e-10, **params}).fit(X, Y)


def objective(reg, X, Y):
    loss = 0.5 * np.nanmean((Y - reg.predict(X)) ** 2, axis=0).sum()
    return loss + reg.alpha * reg.penalty.value(reg.coef_.T)


@pytest.fixture
def stages(monkeypatch):
    """The solution of each stage with its regulariser, where it starts, and lasso."""
    seen, solve = [], _reweighted._solve

    def spy(solve_stage, regularizer, lasso, start, max_iter):
        solution = solve(solve_stage, regularizer, lasso, start, max_iter)
        seen.append((regularizer, lasso, start, solution))
        return solution

    monkeypatch.setattr(_reweighted, "_solve", spy)
    return seen


def test_are_flagged():
    not_convex = {name for name in PENALTIES if not PENALTIES[name].is_convex}
    assert not_convex == {"capped_l1", "multi_level"}
    for name in not_convex:
        assert "not convex" in PENALTIES[name].__doc__


@for_each
@pytest.mark.parametrize("alpha", [0.01, 0.1, 0.5])
def test_no_stage_makes_the_objective_larger(missing, stages, penalty, alpha):
    X, Y = missing
    reg = fit(X, Y, penalty, alpha)
    assert len(stages) > 1

    def value(components):
        W = components[0]
        intercept = np.nanmean(Y - X @ W, axis=0)
        loss = 0.5 * np.nanmean((Y - X @ W - intercept) ** 2, axis=0).sum()
        return loss + alpha * penalty.value(W)

    values = [value(solution.components) for *_, solution in stages]
    assert (np.diff(values) <= 1e-10 * values[0]).all()
    assert objective(reg, X, Y) == pytest.approx(min(values))
    assert reg.n_iter_ == sum(solution.n_iter for *_, solution in stages)


@for_each
def test_stages_are_lassos_that_start_where_the_last_one_ended(
    missing, stages, penalty
):
    fit(*missing, penalty)
    for (*_, before), (_, lasso, start, _) in pairwise(stages):
        np.testing.assert_array_equal(start, before.components)
        expected = penalty._majorise(start[0]).weights
        np.testing.assert_array_equal(lasso.weights, expected)


@for_each
def test_fit_is_stationary(missing, penalty):
    """It minimises its own lasso, and small moves make it worse."""
    X, Y = missing
    reg = fit(X, Y, penalty, tol=1e-12)
    lowest, coef = objective(reg, X, Y), reg.coef_.copy()
    intercept = reg.intercept_.copy()
    assert np.isnan(reg.dual_gap_)
    rng = np.random.RandomState(0)
    for size in (1e-4, 1e-3, 1e-2):
        for _ in range(20):
            reg.coef_ = coef + size * rng.standard_normal(coef.shape)
            reg.intercept_ = intercept + size * rng.standard_normal(len(intercept))
            assert objective(reg, X, Y) > lowest


def test_of_an_orthonormal_design_it_is_the_prox():
    """Each feature for itself: the lasso, then weights that depend on its row."""
    rng = np.random.RandomState(0)
    n, p, T = 50, 6, 3
    X = rng.standard_normal((n, p))
    X = np.sqrt(n) * np.linalg.qr(X - X.mean(axis=0))[0]
    W = rng.standard_normal((p, T)) * np.array([[3], [2], [1], [0.1], [0.1], [0.1]])
    Y = X @ W
    capped = CappedL1Penalty(1.0)
    reg = fit(X, Y, capped, 0.1)
    strong = np.abs(fit(X, Y, "lasso", 0.1).coef_).sum(axis=0) >= 1
    assert 0 < strong.sum() < p
    np.testing.assert_allclose(reg.coef_[:, strong], W.T[:, strong], atol=1e-6)
    weak = LassoPenalty().prox(W.T[:, ~strong], 0.1)
    np.testing.assert_allclose(reg.coef_[:, ~strong], weak, atol=1e-6)
    reg = fit(X, Y, "multi_level", 0.1)
    exact = MultiLevelPenalty().prox(W, 0.1).T
    chosen = reg.coef_.any(axis=0) & exact.any(axis=0)
    assert 0 < chosen.sum() < p
    np.testing.assert_allclose(reg.coef_[:, chosen], exact[:, chosen], atol=1e-4)


def test_without_a_cap_it_is_the_lasso(missing):
    X, Y = missing
    lasso = fit(X, Y, "lasso")
    capped = fit(X, Y, CappedL1Penalty(1e6))
    np.testing.assert_allclose(capped.coef_, lasso.coef_, atol=1e-6)
    assert capped.alpha_max_ == pytest.approx(lasso.alpha_max_)


def test_strong_features_are_not_shrunk(regression):
    """What they are for: the coefficients of the truth, and no others."""
    X, _ = regression
    W = np.zeros((12, 5))
    W[[1, 4, 7]] = np.random.RandomState(0).choice([-2, 2], size=(3, 5))
    Y = X @ W + np.random.RandomState(1).standard_normal((80, 5))
    errors = {}
    for penalty, alpha in (
        ("lasso", 0.3),
        (CappedL1Penalty(3), 0.3),
        ("multi_level", 1),
    ):
        reg = fit(X, Y, penalty, alpha)
        assert set(np.flatnonzero(reg.coef_.any(axis=0))) == {1, 4, 7}
        errors[str(penalty)] = np.abs(reg.coef_ - W.T).max()
    assert errors["CappedL1Penalty(threshold=3)"] < errors["lasso"]
    assert errors["multi_level"] < errors["lasso"]


@for_each
def test_does_not_depend_on_the_start(missing, penalty):
    """A feature that was out in the last fit can come in."""
    X, Y = missing
    reg = RegularizedMTLRegressor(penalty, 5.0, warm_start=True, tol=1e-10).fit(X, Y)
    reg.set_params(alpha=0.02).fit(X, Y)
    cold = fit(X, Y, penalty, 0.02)
    np.testing.assert_allclose(reg.coef_, cold.coef_, atol=1e-5)


@for_each
def test_classifier(classes, stages, penalty):
    X, Y = classes
    clf = RegularizedMTLClassifier(penalty, 0.05, tol=1e-5).fit(X[:, :6], Y)
    assert len(stages) > 1
    assert np.isnan(clf.dual_gap_)
    assert clf.score(X[:, :6], Y) > 0.6


@for_each
def test_without_weight_or_labels_that_vary(regression, penalty):
    X, Y = regression
    least_squares = fit(X, Y, "ridge", 0)
    np.testing.assert_allclose(fit(X, Y, penalty, 0).coef_, least_squares.coef_)
    assert not fit(X, np.ones((80, 2)), penalty).coef_.any()


@for_each
def test_warns_where_it_stops_early(missing, penalty):
    X, Y = missing
    with pytest.warns(ConvergenceWarning, match=r"in \d+ iteration.* above tol="):
        reg = fit(X, Y, penalty, 1e-3, max_iter=15)
    assert reg.n_iter_ <= 15
