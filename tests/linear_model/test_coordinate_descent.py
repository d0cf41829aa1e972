"""Coordinate descent against other solvers, other libraries and its own promises."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LogisticRegression,
    MultiTaskElasticNet,
    MultiTaskLasso,
)

from sklearn_mtl.linear_model import RegularizedMTLClassifier, RegularizedMTLRegressor
from sklearn_mtl.linear_model._task_data import make_task_data
from sklearn_mtl.linear_model.losses import LOSSES
from sklearn_mtl.linear_model.penalties import (
    ElasticPenalty,
    L21Penalty,
    LassoPenalty,
    SparseGroupPenalty,
)
from sklearn_mtl.linear_model.solvers import (
    _coordinate_descent,
    _descent,
    _gram_problem,
    _gram_sweeps,
    _row_problem,
)
from sklearn_mtl.linear_model.solvers._gram_cache import cast
from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer
from sklearn_mtl.linear_model.solvers._row_problem import RowProblem
from sklearn_mtl.linear_model.solvers._solve import make_problem, solve

PENALTIES = {
    "l21": L21Penalty(),
    "lasso": LassoPenalty(),
    "sparse_group": SparseGroupPenalty(0.3),
    "elastic": ElasticPenalty(SparseGroupPenalty(0.6), ridge=0.5),
}
PATTERNS = ["complete", "weighted", "missing", "ragged", "two groups"]
FORMS = ["grams", "blocks of grams", "grams of some features", "rows"]


def make_data(pattern, *, n=90, p=40, T=5, make=np.asarray, fit_intercept=True):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n, p)) + 0.5
    X[rng.rand(n, p) < 0.3] = 0
    X[:, 1] = X[:, 0]
    X[:, 2] = 0
    W = rng.standard_normal((p, T)) * (rng.rand(p, 1) < 0.3)
    Y = X @ W + rng.standard_normal((n, T))
    weights = np.ones((n, T))
    if pattern == "weighted":
        weights = rng.rand(n, T)
    elif pattern == "missing":
        weights = (rng.rand(n, T) > 0.3).astype(float)
    elif pattern == "ragged":
        weights = np.eye(T)[rng.randint(T, size=n)]
    elif pattern == "two groups":
        weights = (np.arange(n)[:, np.newaxis] % 3 != np.arange(T) % 2).astype(float)
    return make_task_data(make(X), Y, weights, np.ones(T, dtype=int), fit_intercept)


def as_classes(data):
    codes = (data.targets > np.median(data.targets)) * (data.weights > 0.0)
    return make_task_data(data.X, codes, data.weights, data.widths, data.fit_intercept)


def choose_form(monkeypatch, form):
    """Make problems that small ones would not be solved in."""
    if form == "blocks of grams":
        monkeypatch.setattr(_gram_sweeps, "_SMALL", 0)
        monkeypatch.setattr(_gram_sweeps, "_BLOCK", 16)
    if form in {"grams of some features", "rows"}:
        monkeypatch.setattr(_gram_problem, "_FEW_FEATURES", 0)
        monkeypatch.setattr(_gram_problem, "_MANY", 0)
        monkeypatch.setattr(_coordinate_descent, "_FIRST", 8)
    if form == "grams of some features":
        monkeypatch.setattr(_coordinate_descent, "prefers_grams", lambda *args: True)
    if form == "rows":
        for module in (_coordinate_descent, _descent):
            monkeypatch.setattr(module, "prefers_grams", lambda *args: False)


def minimise(data, loss, regularizer, solver, *, start=None, tol=1e-11, max_iter=10**5):
    problem = make_problem(data, lambda width: LOSSES[loss]())
    if start is None:
        start = np.zeros((1, *problem.shape))
    return solve(
        data,
        problem,
        regularizer,
        start,
        solver=solver,
        max_iter=max_iter,
        tol=tol,
        owner="Model",
    )


def find_objective(data, loss, regularizer, solution):
    problem = RowProblem(data, lambda width: LOSSES[loss]())
    S = solution.components
    return problem.evaluate(S[0]).value + regularizer.value(S)


def find_alpha_max(data, loss, penalty, *, positive=False):
    problem = RowProblem(data, lambda width: LOSSES[loss]())
    gradient = problem.evaluate(np.zeros(problem.shape)).gradient
    return Regularizer(penalty, 1.0, positive=positive).alpha_max(gradient)


def assert_same_minimum(data, loss, regularizer):
    one = minimise(data, loss, regularizer, "coordinate_descent")
    other = minimise(data, loss, regularizer, "fista", tol=1e-10)
    assert one.converged
    assert one.error <= 1e-11
    here, there = (
        find_objective(data, loss, regularizer, each) for each in (one, other)
    )
    assert here <= there + 1e-10 * abs(there)
    W, V = one.components[0], other.components[0]
    # Of the features that are the same the sum is what is determined.
    for each in (W, V):
        each[0] = each[0] + each[1]
    np.testing.assert_allclose(
        W[[0, *range(2, len(W))]], V[[0, *range(2, len(V))]], atol=1e-4
    )
    np.testing.assert_allclose(one.intercept, other.intercept, atol=1e-4)
    return one


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("form", FORMS)
def test_regression_is_that_of_fista(monkeypatch, form, pattern, make, fit_intercept):
    choose_form(monkeypatch, form)
    data = make_data(pattern, make=make, fit_intercept=fit_intercept)
    regularizer = Regularizer(
        L21Penalty(), 0.2 * find_alpha_max(data, "squared", L21Penalty())
    )
    solution = assert_same_minimum(data, "squared", regularizer)
    assert 0 < solution.components.any(axis=2).sum() < data.n_features


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("pattern", ["complete", "ragged"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PENALTIES)
def test_penalties_are_those_of_fista(monkeypatch, name, form, pattern, positive):
    choose_form(monkeypatch, form)
    data, penalty = make_data(pattern), PENALTIES[name]
    top = find_alpha_max(data, "squared", penalty, positive=positive)
    regularizer = Regularizer(penalty, 0.1 * top, positive=positive)
    solution = assert_same_minimum(data, "squared", regularizer)
    assert (solution.components.min() < 0) == (not positive)


@pytest.mark.parametrize("form", ["grams", "rows"])
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_classification_is_that_of_fista(monkeypatch, make, pattern, form):
    choose_form(monkeypatch, form)
    data = as_classes(make_data(pattern, p=12, make=make))
    top = find_alpha_max(data, "logistic", L21Penalty())
    assert_same_minimum(data, "logistic", Regularizer(L21Penalty(), 0.2 * top))


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("name", PENALTIES)
def test_classification_with_penalties(name, positive, fit_intercept):
    data = as_classes(make_data("missing", p=12, fit_intercept=fit_intercept))
    top = find_alpha_max(data, "logistic", PENALTIES[name], positive=positive)
    regularizer = Regularizer(PENALTIES[name], 0.1 * top, positive=positive)
    assert_same_minimum(data, "logistic", regularizer)


def fit(X, Y, penalty, alpha, **params):
    params = {"solver": "coordinate_descent", "tol": 1e-12, **params}
    return RegularizedMTLRegressor(penalty, alpha, **params).fit(X, Y)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize(("n", "p"), [(60, 300), (300, 60)])
def test_is_scikit_learns(n, p, fit_intercept):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n, p)) + 1
    Y = X[:, :5] @ rng.standard_normal((5, 3)) + rng.standard_normal((n, 3))
    params = {"fit_intercept": fit_intercept}
    tight = {**params, "tol": 1e-12, "max_iter": 10**5}
    ours = fit(X, Y, "l21", 0.1, **params)
    theirs = MultiTaskLasso(0.1, **tight).fit(X, Y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5)
    ours = fit(X, Y, ElasticPenalty(ridge=0.5), 0.1, **params)
    theirs = MultiTaskElasticNet(0.15, l1_ratio=2 / 3, **tight).fit(X, Y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    for positive in (False, True):
        params["positive"] = tight["positive"] = positive
        ours = fit(X, Y, "lasso", 0.1, **params)
        elastic = fit(X, Y, ElasticPenalty(LassoPenalty(), ridge=0.5), 0.1, **params)
        for t in range(3):
            theirs = Lasso(0.1, **tight).fit(X, Y[:, t])
            np.testing.assert_allclose(ours.coef_[t], theirs.coef_, atol=1e-5)
            theirs = ElasticNet(0.15, l1_ratio=2 / 3, **tight).fit(X, Y[:, t])
            np.testing.assert_allclose(elastic.coef_[t], theirs.coef_, atol=1e-5)


def test_logistic_ridge_and_lasso_are_scikit_learns(classes):
    X, Y = classes
    y = Y[:, 0][~np.isnan(Y[:, 0])]
    X = X[~np.isnan(Y[:, 0])]
    n, alpha = len(y), 0.02
    for penalty, l1_ratio in (("ridge", 0.0), ("lasso", 1.0)):
        ours = RegularizedMTLClassifier(
            penalty, alpha, solver="coordinate_descent", tol=1e-12
        ).fit(X, y)
        theirs = LogisticRegression(
            C=1 / (n * alpha), l1_ratio=l1_ratio, solver="saga", tol=1e-10,
            max_iter=10**6,
        ).fit(X, y)  # fmt: skip
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
        np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5)


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", PENALTIES)
def test_coefficients_start_below_alpha_max(name, pattern, loss):
    data = make_data(pattern, p=12)
    data = as_classes(data) if loss == "logistic" else data
    top = find_alpha_max(data, loss, PENALTIES[name])
    at = minimise(data, loss, Regularizer(PENALTIES[name], top), "coordinate_descent")
    assert not at.components.any()
    below = Regularizer(PENALTIES[name], 0.999 * top)
    assert minimise(data, loss, below, "coordinate_descent").components.any()


def test_features_without_variance_have_no_coefficient():
    data = make_data("missing", fit_intercept=False)
    data.X[:, 3] = 5.0
    centred = make_task_data(data.X, data.targets, data.weights, data.widths, True)
    for penalty in PENALTIES.values():
        regularizer = Regularizer(penalty, 1e-3)
        solution = minimise(centred, "squared", regularizer, "coordinate_descent")
        assert not solution.components[0, [2, 3]].any()
        assert solution.components[0, 4:].any(axis=1).all()


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_warm_start_takes_fewer_sweeps(loss):
    data = make_data("missing")
    data = as_classes(data) if loss == "logistic" else data
    top = find_alpha_max(data, loss, L21Penalty())
    regularizer = Regularizer(L21Penalty(), 0.1 * top)
    cold = minimise(data, loss, regularizer, "coordinate_descent", tol=1e-8)
    warm = minimise(
        data,
        loss,
        regularizer,
        "coordinate_descent",
        tol=1e-8,
        start=cold.components,
    )
    assert warm.n_iter == 1 < cold.n_iter
    np.testing.assert_array_equal(warm.components, cold.components)


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_limit_of_the_sweeps(regression, loss):
    X, Y = regression
    if loss == "squared":
        model = RegularizedMTLRegressor("l21", 1e-3, tol=1e-12)
    else:
        model, Y = RegularizedMTLClassifier("l21", 1e-3, tol=1e-12), Y > 3
    model.set_params(solver="coordinate_descent", max_iter=2)
    with pytest.warns(
        ConvergenceWarning, match=r"in 2 iteration\(s\): relative duality"
    ):
        model.fit(X, Y)
    assert model.n_iter_ == 2


def test_without_a_penalty_the_slope_is_zero():
    data = make_data("complete", p=12)
    for loss, of_loss in (("squared", data), ("logistic", as_classes(data))):
        solution = minimise(
            of_loss,
            loss,
            Regularizer(L21Penalty(), 0.0),
            "coordinate_descent",
            tol=1e-8,
        )
        problem = RowProblem(of_loss, lambda width, loss=loss: LOSSES[loss]())
        slope = problem.evaluate(solution.components[0]).gradient
        assert solution.converged
        assert np.isnan(solution.gap)
        assert np.abs(slope).max() < 1e-7


def test_separable_classes():
    """Where the loss is all but flat, Newton's steps are far too long."""
    X = np.linspace(-1, 1, 40)[:, np.newaxis] * [1.0, 100.0]
    Y = np.stack([X[:, 0] > 0, X[:, 0] > 0.5], axis=1)
    for alpha in (1e-3, 1e-6):
        model = RegularizedMTLClassifier("l21", alpha, solver="coordinate_descent")
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            assert model.fit(X, Y).score(X, Y) == 1


@settings(max_examples=30, deadline=None)
@given(
    X=arrays(float, (12, 4), elements=st.floats(-10, 10)),
    Y=arrays(float, (12, 2), elements=st.floats(-10, 10)),
    share=st.floats(0.01, 1.1),
    name=st.sampled_from(sorted(PENALTIES)),
    positive=st.booleans(),
)
def test_any_data(X, Y, share, name, positive):
    """The duality gap closes, and the objective is never above that of zeros."""
    data = make_task_data(X, Y, np.ones(Y.shape), np.ones(2, dtype=int), True)
    top = find_alpha_max(data, "squared", PENALTIES[name], positive=positive)
    regularizer = Regularizer(PENALTIES[name], share * top + 1e-9, positive=positive)
    solution = minimise(data, "squared", regularizer, "coordinate_descent", tol=1e-6)
    assert solution.converged
    zeros = RowProblem(data, lambda width: LOSSES["squared"]()).evaluate(
        np.zeros((4, 2))
    )
    reached = find_objective(data, "squared", regularizer, solution)
    assert reached <= zeros.value * (1 + 1e-9) + 1e-12


def test_budget_of_the_grams(monkeypatch):
    data = make_data("missing")
    regularizer = Regularizer(L21Penalty(), 0.02)
    with_grams = minimise(data, "squared", regularizer, "coordinate_descent")
    logistic = as_classes(data)
    with_hessians = minimise(logistic, "logistic", regularizer, "coordinate_descent")
    monkeypatch.setattr(_gram_problem, "_BUDGET", 0)
    problem = make_problem(data, lambda width: LOSSES["squared"]())
    assert cast(problem, is_long=True) is problem
    without = minimise(data, "squared", regularizer, "coordinate_descent")
    np.testing.assert_allclose(without.components, with_grams.components, atol=1e-5)
    without = minimise(logistic, "logistic", regularizer, "coordinate_descent")
    np.testing.assert_allclose(without.components, with_hessians.components, atol=1e-5)


def test_a_long_search_gets_gram_matrices(monkeypatch):
    monkeypatch.setattr(_gram_problem, "_FEW_FEATURES", 0)
    monkeypatch.setattr(_gram_problem, "_MANY", 0)
    data = make_data("complete")
    problem = make_problem(data, lambda width: LOSSES["squared"]())
    assert isinstance(problem, RowProblem)
    assert cast(problem, is_long=False) is problem
    whole = cast(problem, is_long=True)
    assert isinstance(whole, GramProblem)
    assert cast(problem, is_long=True) is whole
    W = np.random.RandomState(0).standard_normal(problem.shape)
    one, other = problem.evaluate(W), whole.evaluate(W)
    assert one.value == pytest.approx(other.value)
    np.testing.assert_allclose(one.gradient, other.gradient, atol=1e-12)
    np.testing.assert_allclose(one.intercept, other.intercept, atol=1e-12)
    reused = make_problem(data, lambda width: LOSSES["squared"](), is_reused=True)
    assert isinstance(reused, GramProblem)


def test_small_tasks_with_rows_of_their_own_are_stacked(monkeypatch):
    data = as_classes(make_data("ragged"))
    stacked = RowProblem(data, lambda width: LOSSES["logistic"]())
    monkeypatch.setattr(_row_problem, "_SMALL", 0)
    alone = RowProblem(data, lambda width: LOSSES["logistic"]())
    assert len(stacked.blocks) < len(alone.blocks) == data.n_tasks
    assert stacked.lipschitz == pytest.approx(alone.lipschitz)
    W = np.random.RandomState(0).standard_normal(stacked.shape)
    one, other = stacked.evaluate(W), alone.evaluate(W)
    assert one.value == pytest.approx(other.value)
    assert one.dual(0.5) == pytest.approx(other.dual(0.5))
    np.testing.assert_allclose(one.gradient, other.gradient, atol=1e-12)
    np.testing.assert_allclose(one.intercept, other.intercept, atol=1e-12)


@pytest.mark.parametrize("penalty", ["trace", "l1inf", "mean"])
def test_penalties_that_do_not_fit(regression, penalty):
    X, Y = regression
    with pytest.raises(ValueError, match=r"must be 'auto'.* or 'fista' for this"):
        fit(X, Y, penalty, 0.1)


def test_losses_that_do_not_fit(classes):
    model = RegularizedMTLClassifier("l21", 0.1, solver="coordinate_descent")
    with pytest.raises(ValueError, match="must be 'auto' or 'fista' for this penalty"):
        model.fit(*classes)
