import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import (
    Lasso,
    LinearRegression,
    MultiTaskElasticNet,
    MultiTaskLasso,
    Ridge,
)
from sklearn.model_selection import GridSearchCV

from sklearn_mtl.linear_model import RegularizedMTLRegressor
from sklearn_mtl.linear_model.penalties import (
    PENALTIES,
    ClusterPenalty,
    DirtyPenalty,
    ElasticPenalty,
    GraphPenalty,
    MeanPenalty,
    RobustFeaturePenalty,
    RobustPenalty,
    SparseGroupPenalty,
    SparseLowRankPenalty,
)
from sklearn_mtl.multioutput import IndependentTasksRegressor

NAMES = list(PENALTIES)


def fit(X, Y, penalty="l21", alpha=0.1, sample_weight=None, **params):
    reg = RegularizedMTLRegressor(penalty, alpha, **{"tol": 1e-12, **params})
    return reg.fit(X, Y, sample_weight)


def assert_same(a, b, atol=1e-7):
    np.testing.assert_allclose(a.coef_, b.coef_, atol=atol)
    np.testing.assert_allclose(a.intercept_, b.intercept_, atol=atol)


def objective(reg, X, Y, penalty):
    errors = Y - reg.predict(X)
    loss = 0.5 * np.nanmean(errors**2, axis=0).sum()
    W = [part.T for part in getattr(reg, "components_", [reg.coef_])]
    return loss + reg.alpha * penalty.value(W if penalty.n_components > 1 else W[0])


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("alpha", [1e-3, 0.1, 1.0])
def test_l21_is_multi_task_lasso(regression, alpha, fit_intercept):
    X, Y = regression
    reg = fit(X, Y, "l21", alpha, fit_intercept=fit_intercept)
    params = {"fit_intercept": fit_intercept, "tol": 1e-14, "max_iter": 100_000}
    assert_same(reg, MultiTaskLasso(alpha, **params).fit(X, Y))
    ridge = ElasticPenalty(ridge=3.0)
    reg = fit(X, Y, ridge, alpha, fit_intercept=fit_intercept)
    same = MultiTaskElasticNet(4 * alpha, l1_ratio=0.25, **params).fit(X, Y)
    assert_same(reg, same, atol=1e-5)


def test_more_features_than_samples():
    rng = np.random.RandomState(0)
    X, Y = rng.standard_normal((20, 300)), rng.standard_normal((20, 3))
    same = MultiTaskLasso(0.3, tol=1e-12).fit(X, Y)
    assert_same(fit(X, Y, "l21", 0.3), same, atol=1e-6)
    same = Ridge(0.1 * 20).fit(X, Y)
    assert_same(fit(X, Y, "ridge", 0.1), same, atol=1e-10)
    assert_same(fit(sparse.csr_array(X), Y, "ridge", 0.1), same, atol=1e-10)
    assert_same(fit(X, Y, "ridge", 0.1, solver="fista"), same, atol=1e-6)


@pytest.mark.parametrize("kind", ["complete", "missing", "weighted", "sparse"])
def test_separable_penalties_are_one_model_per_task(missing, kind):
    X, Y = missing
    if kind == "complete":
        Y = np.nan_to_num(Y)
    weights = np.ones(Y.shape)
    if kind == "weighted":
        weights = np.random.RandomState(0).rand(*Y.shape)
        weights[::4] = 0
    observed = ~np.isnan(Y)
    given = sparse.csr_array(X * (X > 1)) if kind == "sparse" else X
    for penalty, Single in (("ridge", Ridge), ("lasso", Lasso)):
        reg = fit(given, Y, penalty, 0.1, sample_weight=weights)
        for t in range(Y.shape[1]):
            rows = np.flatnonzero(observed[:, t] & (weights[:, t] > 0))
            w = weights[rows, t]
            if Single is Ridge:
                single = Ridge(0.1 * w.sum(), solver="cholesky", tol=1e-12)
                dense = given.toarray() if kind == "sparse" else given
                single.fit(dense[rows], Y[rows, t], w)
            else:
                single = Lasso(0.1, tol=1e-12).fit(given[rows], Y[rows, t], w)
            np.testing.assert_allclose(reg.coef_[t], single.coef_, atol=1e-7)
            assert reg.intercept_[t] == pytest.approx(single.intercept_, abs=1e-6)


def solve_kronecker(X, Y, A):
    """Solve the normal equations of all tasks at once, with centred data."""
    p, T = X.shape[1], Y.shape[1]
    matrix, target = np.kron(A, np.eye(p)), np.empty((T, p))
    for t in range(T):
        rows = ~np.isnan(Y[:, t])
        Z, y = X[rows] - X[rows].mean(axis=0), Y[rows, t]
        matrix[t * p : (t + 1) * p, t * p : (t + 1) * p] += Z.T @ Z / len(y)
        target[t] = Z.T @ y / len(y)
    return np.linalg.solve(matrix, target.ravel()).reshape(T, p)


@pytest.mark.parametrize("alpha", [1e-4, 0.1, 10.0, 1e4])
@pytest.mark.parametrize("complete", [False, True])
def test_quadratic_penalties_solve_the_normal_equations(missing, complete, alpha):
    X, Y = missing
    if complete:
        Y = np.nan_to_num(Y)
    rng = np.random.RandomState(0)
    relations = rng.standard_normal((5, 5))
    relations += relations.T
    for penalty in (MeanPenalty(0.2), MeanPenalty(), GraphPenalty(relations, 0.1)):
        expected = solve_kronecker(X, Y, alpha * penalty.task_matrix(5))
        reg = fit(X, Y, penalty, alpha)
        np.testing.assert_allclose(reg.coef_, expected, atol=1e-7)
    np.testing.assert_allclose(fit(X, Y, "graph").coef_, fit(X, Y, "mean").coef_)
    if alpha == 0.1:
        slow = fit(X, Y, penalty, alpha, solver="fista")
        np.testing.assert_allclose(slow.coef_, expected, atol=1e-6)


def test_limits_of_the_mean_penalty(regression, missing):
    X, Y = missing
    alone = IndependentTasksRegressor(LinearRegression()).fit(X, Y)
    coef = [of_task.coef_ for of_task in alone.estimators_]
    np.testing.assert_allclose(fit(X, Y, "mean", 1e-9).coef_, coef, atol=1e-6)
    np.testing.assert_allclose(fit(X, Y, "mean", 0).coef_, coef, atol=1e-10)
    X, Y = regression
    # One model of all tasks, each with its own intercept.
    pooled = LinearRegression().fit(X, Y.mean(axis=1)).coef_
    coef = fit(X, Y, "mean", 1e7).coef_
    np.testing.assert_allclose(coef, np.tile(pooled, (5, 1)), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_no_penalty_is_least_squares(regression, name):
    X, Y = regression
    assert_same(fit(X, Y, name, 0), LinearRegression().fit(X, Y), atol=1e-10)
    X, Y = X[:8], Y[:8]
    assert_same(fit(X, Y, name, 0), LinearRegression().fit(X, Y), atol=1e-10)


@pytest.mark.parametrize("name", [name for name in NAMES if PENALTIES[name].is_norm])
def test_alpha_max(missing, name):
    X, Y = missing
    alpha_max = fit(X, Y, name, 1.0).alpha_max_
    at = fit(X, Y, name, alpha_max)
    assert (at.coef_ == 0).all()
    np.testing.assert_allclose(at.intercept_, np.nanmean(Y, axis=0))
    assert at.dual_gap_ == pytest.approx(0, abs=1e-12)
    assert fit(X, Y, name, 0.999 * alpha_max).coef_.any()
    assert fit(X, Y, "ridge").alpha_max_ == np.inf


@pytest.mark.parametrize("name", [name for name in NAMES if PENALTIES[name].is_convex])
def test_duality_gap_vanishes_and_bounds_the_error(missing, name):
    X, Y = missing
    penalty = PENALTIES[name]()
    best = fit(X, Y, name, 0.05, tol=1e-10)
    lowest = objective(best, X, Y, penalty)
    assert best.dual_gap_ <= 1e-9 * lowest * 100
    rough = fit(X, Y, name, 0.05, tol=1e-2)
    excess = objective(rough, X, Y, penalty) - lowest
    assert excess <= rough.dual_gap_ + 1e-9
    assert rough.n_iter_ <= best.n_iter_


@pytest.mark.parametrize("name", NAMES)
def test_fit_is_a_minimum(missing, name):
    X, Y = missing
    penalty = PENALTIES[name]()
    reg = fit(X, Y, name, 0.05)
    lowest = objective(reg, X, Y, penalty)
    rng = np.random.RandomState(0)
    if penalty.n_components > 1:
        np.testing.assert_allclose(sum(reg.components_), reg.coef_)
        return
    coef, intercept = reg.coef_.copy(), reg.intercept_.copy()
    for size in (1e-4, 1e-2, 1.0):
        for _ in range(20):
            reg.coef_ = coef + size * rng.standard_normal(coef.shape)
            reg.intercept_ = intercept + size * rng.standard_normal(len(intercept))
            assert objective(reg, X, Y, penalty) > lowest


@pytest.mark.parametrize("name", NAMES)
def test_missing_is_weight_zero_is_left_out(missing, name):
    X, Y = missing
    if PENALTIES[name].n_components > 1:
        X = X[:, :6]
    reg = fit(X, Y, name)
    rng = np.random.RandomState(0)
    filled = np.where(np.isnan(Y), rng.standard_normal(Y.shape), Y)
    weights = (~np.isnan(Y)).astype(float)
    assert_same(fit(X, filled, name, sample_weight=weights), reg, atol=0)
    assert_same(fit(X, filled, name, sample_weight=4 * weights), reg, atol=1e-12)
    rows = rng.rand(len(X)) > 0.5
    assert_same(
        fit(X, Y, name, sample_weight=rows), fit(X[rows], Y[rows], name), atol=1e-12
    )
    counts = rng.randint(3, size=len(X))
    repeated = fit(X.repeat(counts, axis=0), Y.repeat(counts, axis=0), name)
    assert_same(fit(X, Y, name, sample_weight=counts), repeated, atol=1e-6)
    marked = np.where(np.isnan(Y), -999, Y)
    assert_same(fit(X, marked, name, missing_label=-999), reg, atol=0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_sparse_inputs(missing, name, fit_intercept):
    X, Y = missing
    X = X * (X > 1)
    params = {"fit_intercept": fit_intercept, "tol": 1e-6}
    dense = fit(X, Y, name, **params)
    for make in (sparse.csr_array, sparse.csc_matrix, sparse.coo_array):
        reg = fit(make(X), Y, name, **params)
        assert_same(reg, dense, atol=1e-6)
        np.testing.assert_allclose(reg.predict(make(X)), reg.predict(X))


@pytest.mark.parametrize("name", sorted({*NAMES} - {"graph", "temporal", "fused"}))
def test_order_of_features_and_tasks_is_irrelevant(missing, name):
    X, Y = missing
    features, tasks = np.random.RandomState(0).permutation(12), [3, 0, 4, 2, 1]
    reg = fit(X, Y, name)
    other = fit(X[:, features], Y[:, tasks], name)
    np.testing.assert_allclose(
        other.coef_, reg.coef_[np.ix_(tasks, features)], atol=1e-6
    )


def test_sums_of_penalties_outside_their_window(missing):
    """One of the two parts is all there is."""
    X, Y = missing
    p, T = X.shape[1], Y.shape[1]
    for Sum, low, high in (
        (DirtyPenalty, "lasso", "l1inf"),
        (RobustPenalty, None, "trace"),
        (RobustFeaturePenalty, None, "l21"),
        (SparseLowRankPenalty, "lasso", "trace"),
    ):
        ends = Sum().window(p, T)
        alpha = 0.1
        reg = fit(X, Y, Sum(1.001 * ends[1]), alpha)
        np.testing.assert_allclose(reg.components_[1], 0, atol=1e-6)
        assert_same(reg, fit(X, Y, high, alpha), atol=1e-5)
        weight = 0.999 * ends[0]
        reg = fit(X, Y, Sum(weight), alpha / weight)
        np.testing.assert_allclose(reg.components_[0], 0, atol=1e-6)
        if low is not None:
            assert_same(reg, fit(X, Y, low, alpha), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_features_far_from_zero_and_units(missing, name):
    X, Y = missing
    reg = fit(X, Y, name, tol=1e-6)
    far = fit(X + 1e6, Y - 1e6, name, tol=1e-6)
    np.testing.assert_allclose(far.coef_, reg.coef_, atol=1e-5)
    tiny = fit(X * 1e-6, Y * 1e-6, name, 0.1e-12, tol=1e-6)
    np.testing.assert_allclose(tiny.coef_, reg.coef_, atol=1e-5)


def test_one_target(regression):
    X, Y = regression
    alone = fit(X, Y[:, 0])
    assert alone.coef_.shape == (12,)
    assert np.isscalar(alone.intercept_)
    assert alone.predict(X).shape == (80,)
    assert_same(alone, Lasso(0.1, tol=1e-12).fit(X, Y[:, 0]))
    column = fit(X, Y[:, :1])
    assert column.coef_.shape == (1, 12)
    assert column.predict(X).shape == (80, 1)
    # Of one task the norms are the unsquared norm and the squared one is a ridge.
    ridge = fit(X, Y[:, 0], "ridge", 0.1)
    assert_same(fit(X, Y[:, 0], "squared_trace", 0.1), ridge, atol=1e-6)
    norm = np.linalg.norm(fit(X, Y[:, 0], "trace", 0.1).coef_)
    assert_same(
        fit(X, Y[:, 0], "trace", 0.1), fit(X, Y[:, 0], "ridge", 0.1 / norm), atol=1e-6
    )


def test_task_covariance(missing):
    """Fitted with the covariance that it found, tr(W C⁻¹ Wᵀ) gives the same W."""
    X, Y = missing
    reg = fit(X, Y, "squared_trace", 0.05)
    covariance = reg.task_covariance_
    assert np.trace(covariance) == pytest.approx(1)
    expected = solve_kronecker(X, Y, 0.05 * np.linalg.inv(covariance))
    np.testing.assert_allclose(reg.coef_, expected, atol=1e-4)
    assert not hasattr(reg.set_params(penalty="trace").fit(X, Y), "task_covariance_")


def test_one_task_per_row():
    """A hundred tasks with few rows each."""
    rng = np.random.RandomState(0)
    n, p, T = 1500, 6, 100
    X, task = rng.standard_normal((n, p)), rng.randint(T, size=n)
    W = rng.standard_normal(p) + 0.3 * rng.standard_normal((T, p))
    Y = np.full((n, T), np.nan)
    Y[range(n), task] = (X * W[task]).sum(axis=1)
    alone = IndependentTasksRegressor(Ridge(1.0)).fit(X, Y)
    errors = np.abs([of_task.coef_ for of_task in alone.estimators_] - W).mean()
    for name in NAMES:
        reg = RegularizedMTLRegressor(name, 0.01).fit(X, Y)
        assert reg.coef_.shape == (T, p)
        assert np.abs(reg.coef_ - W).mean() < 1.1 * errors
    expected = solve_kronecker(X, Y, 0.1 * MeanPenalty(0.1).task_matrix(T))
    np.testing.assert_allclose(
        fit(X, Y, MeanPenalty(0.1), 0.1).coef_, expected, atol=1e-8
    )


def test_warm_start(missing):
    X, Y = missing
    reg = RegularizedMTLRegressor("l21", 0.01, warm_start=True, tol=1e-10).fit(X, Y)
    cold = reg.n_iter_
    reg.fit(X, Y)
    assert reg.n_iter_ == 1 < cold
    # Coefficients of another shape are no start.
    assert reg.fit(X[:, :5], Y).coef_.shape == (5, 5)


def test_warns_with_the_gap_that_was_reached(missing):
    X, Y = missing
    with pytest.warns(ConvergenceWarning, match="in 3 iteration.*gap .* above tol="):
        reg = fit(X, Y, "l21", 1e-3, max_iter=3)
    assert reg.dual_gap_ > 0
    assert reg.n_iter_ == 3
    with pytest.warns(ConvergenceWarning, match="in 3 iteration.*next step"):
        reg = fit(X, Y, "mean", 1e-3, max_iter=3, solver="fista")
    assert np.isnan(reg.dual_gap_)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_learn(name):
    """Constant targets, features that are 0 or constant, one label of a task."""
    X = np.column_stack([np.zeros(6), np.ones(6), np.arange(6.0)])
    Y = np.column_stack([np.ones(6), np.full(6, np.nan), np.arange(6.0)])
    Y[2, 1] = 7.0
    reg = fit(X, Y, name, 0.01)
    # The features do not tell the first two columns apart from an intercept.
    np.testing.assert_allclose(reg.coef_[:, :2], 0, atol=1e-10)
    assert np.isfinite(reg.predict(X)).all()
    if name in {"lasso", "ridge", "l1inf"}:
        np.testing.assert_allclose(reg.predict(X)[:, 0], 1)
    np.testing.assert_array_equal(fit(X, np.ones((6, 2)), name).coef_, 0)
    np.testing.assert_array_equal(fit(np.zeros((6, 3)), Y, name).coef_, 0)


@pytest.mark.parametrize("name", NAMES)
def test_one_label_of_each_task(name):
    """Each intercept says it all."""
    X = np.random.RandomState(0).standard_normal((4, 3))
    Y = np.where(np.eye(4, dtype=bool), np.arange(4.0), np.nan)
    reg = fit(X, Y, name, 0.1, tol=1e-6)
    np.testing.assert_allclose(reg.coef_, 0, atol=1e-10)
    np.testing.assert_allclose(reg.predict(X), np.tile(np.arange(4.0), (4, 1)))


def test_data_frames(missing):
    X, Y = missing
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(12)])
    targets = pd.DataFrame(Y, columns=list("abcde"))
    reg = fit(frame, targets)
    assert_same(reg, fit(X, Y), atol=0)
    assert list(reg.task_names_) == list("abcde")
    assert list(reg.feature_names_in_) == list(frame)
    assert reg.score(frame, targets[list("edcba")]) == reg.score(frame, targets)
    assert reg.n_tasks_ == reg.n_outputs_ == 5


def test_parameters_of_the_penalty_can_be_searched(missing):
    X, Y = missing
    grid = {"penalty__l1_ratio": [0.1, 0.9], "alpha": [0.01, 0.1]}
    search = GridSearchCV(RegularizedMTLRegressor(SparseGroupPenalty()), grid, cv=3)
    search.fit(X, Y)
    assert set(search.best_params_) == set(grid)
    names = {"penalty": ["l21", "trace"]}
    GridSearchCV(RegularizedMTLRegressor(), names, cv=3).fit(X, Y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"penalty": "l12"}, r"'penalty' .* RegularizedMTLRegressor .*did you mean"),
        ({"penalty": 3}, "'penalty' .* must be a name or an object of .*, got 3"),
        ({"penalty": SparseGroupPenalty(-1)}, "'l1_ratio' parameter"),
        ({"penalty": GraphPenalty(np.eye(3))}, r"'relations' .*shape \(3, 3\)"),
        ({"penalty": GraphPenalty(np.ones((5, 4)))}, r"'relations' .*shape \(5, 4\)"),
        ({"penalty": GraphPenalty(np.tri(5))}, "'relations' .* must be symmetric"),
        ({"penalty": GraphPenalty([["a"]])}, "'relations' .* no matrix of numbers"),
        ({"penalty": ClusterPenalty(6)}, "'n_clusters' .* number of tasks, 5, got 6"),
        ({"alpha": -1}, "'alpha' parameter of RegularizedMTLRegressor must be"),
        ({"solver": "closed_form"}, "must be 'auto', 'coordinate_descent' or 'fista'"),
        ({"solver": "newton"}, "'solver' parameter"),
        ({"max_iter": 0}, "'max_iter' parameter"),
        ({"tol": -1}, "'tol' parameter"),
    ],
)
def test_bad_parameters(regression, params, message):
    with pytest.raises(ValueError, match=message):
        RegularizedMTLRegressor(**params).fit(*regression)


def test_bad_data(regression):
    X, Y = regression
    Y[:, 1] = np.nan
    with pytest.raises(ValueError, match=r"at least one label .* got none for 'task1'"):
        fit(X, Y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fit(X, Y[:-1, :1])
    with pytest.raises(ValueError, match="'sample_weight' parameter"):
        fit(X, Y[:, :1], sample_weight=np.ones(3))
