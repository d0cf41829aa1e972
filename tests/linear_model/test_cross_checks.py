"""Each formulation against its definition in its paper, and against other libraries.

The oracle of most is cvxpy with Clarabel, which finds the coefficients to about 1e-5
and the objective to about 1e-9.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Lasso, LinearRegression, MultiTaskLasso, Ridge

from sklearn_mtl.linear_model import RegularizedMTLClassifier, RegularizedMTLRegressor
from sklearn_mtl.linear_model.penalties import (
    PENALTIES,
    ClusterNormPenalty,
    ClusterPenalty,
    DirtyPenalty,
    ElasticPenalty,
    FusedPenalty,
    GraphPenalty,
    MeanPenalty,
    RobustFeaturePenalty,
    RobustPenalty,
    SparseGroupPenalty,
    SparseLowRankPenalty,
    TemporalPenalty,
    TracePenalty,
    TreePenalty,
)

cp = pytest.importorskip("cvxpy")
pytest.importorskip("clarabel")
# Where the oracle falls short of its precision, the comparison decides.
pytestmark = pytest.mark.filterwarnings("ignore:Solution may be inaccurate")

KINDS = ["ragged", "missing", "weighted", "sparse"]
p, T = 5, 4
C = np.eye(T) - 1 / T
PRECISION = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-9)


@dataclass
class Data:
    """What an estimator sees, and the same as dense rows (x, y, a) of each task."""

    X: Any
    Y: np.ndarray
    weights: np.ndarray | None
    tasks: list[tuple[np.ndarray, np.ndarray, np.ndarray]]


def make_data(kind, *, binary=False):
    rng = np.random.RandomState(0)
    n = 60
    X = rng.standard_normal((n, p)) + 0.5
    W = rng.standard_normal((p, 2)) @ rng.standard_normal((2, T))
    W[1] = 0
    Y = X @ W + rng.standard_normal((n, T)) + 1
    if binary:
        Y = np.greater(Y, np.median(Y, axis=0)).astype(float)
    weights = np.ones((n, T))
    if kind == "ragged":
        # A row belongs to one task, and the tasks are of unequal size.
        weights = np.eye(T)[np.repeat(np.arange(T), [24, 16, 12, 8])]
    elif kind == "weighted":
        weights = rng.rand(n, T)
        weights[::5] = 0
    else:
        weights[rng.rand(n, T) < 0.3] = 0
    given = None
    if kind == "weighted":
        given = weights
    else:
        Y[weights == 0] = np.nan
    if kind == "sparse":
        X[rng.rand(n, p) < 0.5] = 0
    tasks = []
    for t in range(T):
        rows = weights[:, t] > 0
        a = weights[rows, t] / weights[rows, t].sum()
        tasks.append((X[rows], Y[rows, t], a))
    return Data(sparse.csr_array(X) if kind == "sparse" else X, Y, given, tasks)


@pytest.fixture(scope="module", params=KINDS)
def data(request):
    return make_data(request.param)


@pytest.fixture(scope="module")
def binary():
    return make_data("missing", binary=True)


@pytest.fixture(scope="module")
def ragged():
    return make_data("ragged")


@pytest.fixture(scope="module")
def complete():
    """One X for all tasks, without means."""
    rng = np.random.RandomState(1)
    X = rng.standard_normal((40, p))
    X -= X.mean(axis=0)
    Y = X @ rng.standard_normal((p, 2)) @ rng.standard_normal((2, T))
    Y += rng.standard_normal((40, T))
    return X, Y - Y.mean(axis=0)


def fit(data, penalty, alpha=0.1, **params):
    reg = RegularizedMTLRegressor(penalty, alpha, **{"tol": 1e-12, **params})
    return reg.fit(data.X, data.Y, data.weights)


def squared(data, W, b):
    return sum(
        cp.sum(cp.multiply(0.5 * a, cp.square(y - x @ W[:, t] - b[t])))
        for t, (x, y, a) in enumerate(data.tasks)
    )


def logistic(data, W, b):
    return sum(
        cp.sum(cp.multiply(a, cp.logistic(cp.multiply(1 - 2 * y, x @ W[:, t] + b[t]))))
        for t, (x, y, a) in enumerate(data.tasks)
    )


def minimum(data, loss, define, alpha, *, positive=False):
    """Return the lowest loss + alpha Ω, and where; `define` returns W and Ω.

    It may return constraints too, and get variables of its own.
    """
    W, omega, constraints = define(positive)
    b = cp.Variable(T)
    problem = cp.Problem(cp.Minimize(loss(data, W, b) + alpha * omega), constraints)
    problem.solve(solver=cp.CLARABEL, **PRECISION)
    return problem.value, W.value


def objective(data, model, omega, alpha):
    """Return loss + alpha Ω for a fitted model, from its predictions only."""
    loss = 0.0
    for t, (x, y, a) in enumerate(data.tasks):
        z = x @ model.coef_[t] + model.intercept_[t]
        if isinstance(model, RegularizedMTLClassifier):
            loss += a @ np.logaddexp(0, (1 - 2 * y) * z)
        else:
            loss += 0.5 * a @ (y - z) ** 2
    parts = [part.T for part in getattr(model, "components_", [model.coef_])]
    return loss + alpha * omega.value(parts if len(parts) > 1 else parts[0])


def plain(omega):
    """Define a penalty of W that has an expression."""

    def define(positive):
        W = cp.Variable((p, T), nonneg=positive)
        return W, omega(W), []

    return define


def split(first, second, weight):
    """Define the cheapest cut of W into two parts."""

    def define(positive):
        P, Q = (cp.Variable((p, T), nonneg=positive) for _ in range(2))
        return P + Q, first(P) + weight * second(Q), []

    return define


def rows(W):
    return cp.sum(cp.norm(W, 2, axis=1))


def columns(W):
    return cp.sum(cp.norm(W, 2, axis=0))


def peaks(W):
    return cp.sum(cp.max(cp.abs(W), axis=1))


def entries(W):
    return cp.sum(cp.abs(W))


def changes(W):
    return W[:, 1:] - W[:, :-1]


def define_relationships(positive):
    """Zhang and Yeung: a covariance of the tasks of trace 1."""
    W, omega = cp.Variable((p, T)), cp.Variable((T, T), PSD=True)
    return W, 0.5 * cp.matrix_frac(W.T, omega), [cp.trace(omega) == 1]


def define_feature_learning(positive):
    """Argyriou et al.: a covariance of the features of trace 1."""
    W, D = cp.Variable((p, T)), cp.Variable((p, p), PSD=True)
    return W, 0.5 * cp.matrix_frac(W, D), [cp.trace(D) == 1]


def define_clusters(k, eta, *, of_features=False):
    """Zhou et al. (tasks) and Chen et al. (features): relaxed k-means."""

    def define(positive):
        W, size = cp.Variable((p, T)), p if of_features else T
        M = cp.Variable((size, size), PSD=True)
        spread = cp.matrix_frac(W if of_features else W.T, eta * np.eye(size) + M)
        constraints = [cp.trace(M) == k, np.eye(size) - M >> 0]
        return W, 0.5 * (1 + eta) * spread, constraints

    return define


def define_cluster_norm(k, mean, between, within):
    """Jacob, Bach and Vert, with the spectrum of Σ between two bounds."""

    def define(positive):
        W, S = cp.Variable((p, T)), cp.Variable((T, T), PSD=True)
        low, high = 1 / within, 1 / between
        constraints = [
            S - low * np.eye(T) >> 0,
            high * np.eye(T) - S >> 0,
            cp.trace(S) == (T - k + 1) * low + (k - 1) * high,
        ]
        of_mean = 0.5 * mean * T * cp.sum_squares(cp.sum(W, axis=1) / T)
        return W, of_mean + 0.5 * cp.matrix_frac((W @ C).T, S), constraints

    return define


RELATIONS = np.array([[0, 2, -1, 0], [2, 0, 0, 0], [-1, 0, 0, 1], [0, 0, 1, 0.0]])
GROUPS = [[0, 1, 2, 3], [0, 1], [3], [2]]
CASES = [
    (PENALTIES["ridge"](), plain(lambda W: 0.5 * cp.sum_squares(W))),
    (PENALTIES["lasso"](), plain(entries)),
    (ElasticPenalty(ridge=2.0), plain(lambda W: rows(W) + cp.sum_squares(W))),
    (
        MeanPenalty(0.2),
        plain(lambda W: 0.5 * cp.sum_squares(W @ C) + 0.1 * cp.sum_squares(W)),
    ),
    (
        GraphPenalty(RELATIONS, ridge=0.2),
        plain(
            lambda W: (
                cp.sum_squares(W[:, 0] - W[:, 1])
                + 0.5 * cp.sum_squares(W[:, 0] + W[:, 2])
                + 0.5 * cp.sum_squares(W[:, 2] - W[:, 3])
                + 0.1 * cp.sum_squares(W)
            )
        ),
    ),
    (PENALTIES["l21"](), plain(rows)),
    (PENALTIES["l1inf"](), plain(peaks)),
    (SparseGroupPenalty(0.3), plain(lambda W: 0.3 * entries(W) + 0.7 * rows(W))),
    (
        TreePenalty(GROUPS, [0.5, 0.2, 0.3, 0.4]),
        plain(
            lambda W: (
                0.5 * rows(W)
                + 0.2 * rows(W[:, :2])
                + 0.3 * entries(W[:, 3])
                + 0.4 * entries(W[:, 2])
            )
        ),
    ),
    (PENALTIES["trace"](), plain(cp.normNuc)),
    (
        PENALTIES["squared_trace"](),
        plain(lambda W: 0.5 * cp.square(cp.normNuc(W))),
    ),
    (PENALTIES["squared_trace"](), define_relationships),
    (PENALTIES["squared_trace"](), define_feature_learning),
    (
        TemporalPenalty(smoothness=2.0, ridge=0.4),
        plain(lambda W: rows(W) + cp.sum_squares(changes(W)) + 0.2 * cp.sum_squares(W)),
    ),
    (
        TemporalPenalty(smoothness=2.0),
        plain(lambda W: rows(W) + cp.sum_squares(changes(W))),
    ),
    (
        FusedPenalty(smoothness=0.5, l1_ratio=0.3),
        plain(lambda W: 0.5 * entries(changes(W)) + 0.3 * entries(W) + 0.7 * rows(W)),
    ),
    *((ClusterPenalty(k, 0.2), define_clusters(k, 0.2)) for k in (1, 2, 3)),
    *(
        (ClusterPenalty(k, 0.2), define_clusters(k, 0.2, of_features=True))
        for k in (1, 2, 3)
    ),
    *(
        (ClusterNormPenalty(k, 0.3, 0.2, 2.0), define_cluster_norm(k, 0.3, 0.2, 2.0))
        for k in (1, 2, 3, 4)
    ),
    (DirtyPenalty(0.5), split(peaks, entries, 0.5)),
    (RobustPenalty(0.8), split(cp.normNuc, columns, 0.8)),
    (RobustFeaturePenalty(1.1), split(rows, columns, 1.1)),
    (SparseLowRankPenalty(0.6), split(cp.normNuc, entries, 0.6)),
]
# The best covariance is all but singular, where the oracle is less exact.
SINGULAR = {define_relationships, define_feature_learning}
POSITIVE = [case for case in CASES if case[0].allows_positive]


def name_case(value):
    return str(value) if not callable(value) else None


def check(data, model, penalty, define, alpha):
    is_classifier = isinstance(model, RegularizedMTLClassifier)
    loss = logistic if is_classifier else squared
    lowest, W = minimum(data, loss, define, alpha, positive=model.positive)
    found = objective(data, model, penalty, alpha)
    precision = 3e-7 if define in SINGULAR else 1e-8
    assert found == pytest.approx(lowest, rel=precision)
    np.testing.assert_allclose(model.coef_, W.T, atol=2e-4)
    # It certifies the same without the oracle.
    assert model.dual_gap_ <= 1e-8


@pytest.mark.parametrize(("penalty", "define"), CASES, ids=name_case)
def test_regression_is_the_minimum(data, penalty, define):
    check(data, fit(data, penalty), penalty, define, 0.1)


@pytest.mark.parametrize(("penalty", "define"), CASES, ids=name_case)
def test_classification_is_the_minimum(binary, penalty, define):
    clf = RegularizedMTLClassifier(penalty, 0.02, tol=1e-10).fit(binary.X, binary.Y)
    check(binary, clf, penalty, define, 0.02)


@pytest.mark.parametrize(("penalty", "define"), POSITIVE, ids=name_case)
def test_positive_is_the_minimum(data, penalty, define):
    reg = fit(data, penalty, positive=True)
    assert (reg.coef_ >= 0).all()
    check(data, reg, penalty, define, 0.1)


@pytest.mark.parametrize(("penalty", "define"), POSITIVE, ids=name_case)
def test_positive_classification_is_the_minimum(binary, penalty, define):
    clf = RegularizedMTLClassifier(penalty, 0.02, positive=True, tol=1e-10)
    check(binary, clf.fit(binary.X, binary.Y), penalty, define, 0.02)


@pytest.mark.parametrize(
    ("penalty", "define"),
    [case for case in CASES if case[0].n_components == 1],
    ids=name_case,
)
def test_prox_is_the_minimum(penalty, define):
    """A loss of ½‖V - W‖² in place of one of data."""
    W, omega, constraints = define(positive=False)
    V = np.random.RandomState(2).standard_normal((p, T))
    cost = 0.5 * cp.sum_squares(W - V) + 0.4 * omega
    problem = cp.Problem(cp.Minimize(cost), constraints)
    problem.solve(solver=cp.CLARABEL, **PRECISION)
    found = penalty.prox(V, 0.4)
    value = 0.5 * ((found - V) ** 2).sum() + 0.4 * penalty.value(found)
    precision = 3e-7 if define in SINGULAR else 1e-8
    assert value == pytest.approx(problem.value, rel=precision)
    np.testing.assert_allclose(found, W.value, atol=1e-4)


def test_l21_of_shared_rows(complete):
    """scikit-learn's MultiTaskLasso."""
    X, Y = complete
    reg = RegularizedMTLRegressor("l21", 0.2, tol=1e-14).fit(X, Y)
    same = MultiTaskLasso(0.2, tol=1e-14, max_iter=100_000).fit(X, Y)
    np.testing.assert_allclose(reg.coef_, same.coef_, atol=1e-9)


SKGLM = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
from skglm.datafits import LogisticGroup, QuadraticGroup
from skglm.penalties import WeightedGroupL2
from skglm.solvers import GroupBCD, GroupProxNewton
from skglm.utils.data import grp_converter

given = json.load(sys.stdin)
X, y, signs = (np.array(given[name]) for name in ("X", "y", "signs"))
indices, ends = grp_converter(given["T"], X.shape[1])
n_groups = len(ends) - 1
penalty = WeightedGroupL2(given["alpha"], np.ones(n_groups), ends, indices)
solver = GroupBCD(tol=1e-12, fit_intercept=False)
squared = solver.solve(X, y, QuadraticGroup(ends, indices), penalty)[0]
penalty = WeightedGroupL2(given["alpha"] / 5, np.ones(n_groups), ends, indices)
# Without an intercept its line search reads past the end. It is 0 if each row comes
# with both signs.
X, signs = np.vstack([X, -X]), np.concatenate([signs, -signs])
solver = GroupProxNewton(tol=1e-10, fit_intercept=True)
logistic = solver.solve(X, signs, LogisticGroup(ends, indices), penalty)[0][:-1]
json.dump([squared.tolist(), logistic.tolist()], sys.stdout)
"""


def test_l21_of_tasks_with_their_own_rows(monkeypatch):
    """skglm, for a block-diagonal X whose rows of coefficients are groups.

    It runs as Python without its compiler, which would take longer than all other tests
    of this file.
    """
    pytest.importorskip("skglm")
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    rng = np.random.RandomState(0)
    n, alpha = 25, 0.1
    task = np.repeat(np.arange(T), n)
    X = rng.standard_normal((T * n, p))
    W = rng.standard_normal((p, T)) * [[1], [0], [1], [0], [1]]
    y = (X * W.T[task]).sum(axis=1) + rng.standard_normal(T * n)
    blocks = np.zeros((T * n, p, T))
    blocks[range(T * n), :, task] = X
    signs = np.where(y > 0, 1.0, -1.0)
    given = {"X": blocks.reshape(T * n, -1).tolist(), "y": y.tolist(), "T": T}
    given |= {"signs": signs.tolist(), "alpha": alpha}
    run = subprocess.run(
        [sys.executable, "-c", SKGLM],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    squared, logistic = (np.reshape(w, (p, T)) for w in json.loads(run.stdout))
    Y, codes = np.full((T * n, T), np.nan), np.full((T * n, T), np.nan)
    Y[range(T * n), task], codes[range(T * n), task] = y, signs
    # Its loss is a mean over all rows, ours a sum of means over those of a task.
    params = {"fit_intercept": False, "tol": 1e-12}
    reg = RegularizedMTLRegressor("l21", alpha * T, **params).fit(X, Y)
    np.testing.assert_allclose(reg.coef_, squared.T, atol=1e-7)
    clf = RegularizedMTLClassifier("l21", alpha * T / 5, **params).fit(X, codes)
    np.testing.assert_allclose(clf.coef_, logistic.T, atol=1e-5)
    assert (reg.coef_ != 0).any(axis=0).sum() < p


def long_format(data):
    """Return the rows, targets and weights of all tasks below each other."""
    task = np.repeat(np.arange(T), [len(y) for _, y, _ in data.tasks])
    X, y, a = (np.concatenate(parts) for parts in zip(*data.tasks, strict=True))
    return X, y, a, task


def test_mean_penalty_in_three_other_ways(data):
    """Normal equations, a kernel of tasks and features, a ridge on more features."""
    alpha, ridge = 0.3, 0.2
    coef = fit(data, MeanPenalty(ridge), alpha, fit_intercept=False).coef_
    A = alpha * (C + ridge * np.eye(T))
    X, y, a, task = long_format(data)
    wide = np.zeros((len(y), T, p))
    wide[range(len(y)), task] = X
    wide = wide.reshape(len(y), -1)
    matrix = wide.T @ (a[:, np.newaxis] * wide) + np.kron(A, np.eye(p))
    solved = np.linalg.solve(matrix, wide.T @ (a * y)).reshape(T, p)
    np.testing.assert_allclose(coef, solved, atol=1e-10)
    kernel = np.linalg.inv(A)[np.ix_(task, task)] * (X @ X.T)
    dual = KernelRidge(alpha=1, kernel="precomputed").fit(kernel, y, a).dual_coef_
    primal = np.linalg.inv(A)[:, task] @ (dual[:, np.newaxis] * X)
    np.testing.assert_allclose(coef, primal, atol=1e-10)
    alone = 1 / (alpha * (1 + ridge))
    common = (1 / (alpha * ridge) - alone) / T
    more = np.hstack([np.sqrt(common) * X, np.sqrt(alone) * wide])
    found = Ridge(1.0, fit_intercept=False).fit(more, y, a).coef_
    of_tasks = np.sqrt(alone) * found[p:].reshape(T, p)
    np.testing.assert_allclose(coef, np.sqrt(common) * found[:p] + of_tasks, atol=1e-9)


def test_limits_of_the_mean_penalty(data):
    """Independent ridges, and one model with a ridge on it."""
    W = np.random.RandomState(0).standard_normal((p, T))
    pairs = [((W[:, s] - W[:, t]) ** 2).sum() for s in range(T) for t in range(s)]
    assert MeanPenalty().value(W) == pytest.approx(0.5 * sum(pairs) / T, rel=1e-13)
    rho = 0.3
    apart = fit(data, MeanPenalty(1e9), rho * 1e-9).coef_
    np.testing.assert_allclose(apart, fit(data, "ridge", rho).coef_, atol=1e-8)
    same = fit(data, MeanPenalty(1e-9), rho * 1e9, fit_intercept=False).coef_
    X, y, a, _ = long_format(data)
    pooled = Ridge(T * rho, fit_intercept=False).fit(X, y, a).coef_
    np.testing.assert_allclose(same, np.tile(pooled, (T, 1)), atol=1e-6)


def test_relationships_that_are_learnt(ragged):
    """The best covariance is (WᵀW)^½ / tr; of features, a diagonal one makes l21."""
    W, omega = cp.Variable((p, T)), cp.Variable((T, T), PSD=True)
    cost = squared(ragged, W, cp.Variable(T)) + 0.05 * cp.matrix_frac(W.T, omega)
    cp.Problem(cp.Minimize(cost), [cp.trace(omega) == 1]).solve(
        solver=cp.CLARABEL, **PRECISION
    )
    reg = fit(ragged, "squared_trace")
    np.testing.assert_allclose(reg.task_covariance_, omega.value, atol=1e-4)
    d = cp.Variable(p, nonneg=True)
    lengths = sum(cp.quad_over_lin(W[j], d[j]) for j in range(p))
    cost = squared(ragged, W, cp.Variable(T)) + 0.05 * lengths
    cp.Problem(cp.Minimize(cost), [cp.sum(d) == 1]).solve(
        solver=cp.CLARABEL, **PRECISION
    )
    # The square of a norm has the slope of the norm, times its value.
    size = np.linalg.norm(W.value, axis=1).sum()
    np.testing.assert_allclose(
        fit(ragged, "l21", 0.1 * size).coef_, W.value.T, atol=1e-4
    )


def test_as_many_clusters_as_tasks_are_a_ridge(data):
    ridge = fit(data, "ridge")
    clusters = fit(data, ClusterPenalty(T, eta=0.3))
    np.testing.assert_allclose(clusters.coef_, ridge.coef_, atol=1e-6)


@pytest.mark.parametrize(
    ("Sum", "first", "second"),
    [
        (DirtyPenalty, peaks, entries),
        (RobustPenalty, cp.normNuc, columns),
        (RobustFeaturePenalty, rows, columns),
        (SparseLowRankPenalty, cp.normNuc, entries),
    ],
)
def test_window_of_sums(data, Sum, first, second):
    """Outside of it one part is 0 and the other is what its penalty alone gives."""
    low, high = Sum().window(p, T)
    reg = fit(data, Sum(1.001 * high))
    np.testing.assert_allclose(reg.components_[1], 0, atol=1e-6)
    _, W = minimum(data, squared, plain(first), 0.1)
    np.testing.assert_allclose(reg.coef_, W.T, atol=2e-4)
    weight = 0.999 * low
    reg = fit(data, Sum(weight), 0.1 / weight)
    np.testing.assert_allclose(reg.components_[0], 0, atol=1e-6)
    _, W = minimum(data, squared, plain(second), 0.1)
    np.testing.assert_allclose(reg.coef_, W.T, atol=2e-4)


def test_one_task(data):
    x, y, a = data.tasks[0]

    def fit_one(name):
        return RegularizedMTLRegressor(name, 0.1, tol=1e-13).fit(x, y, a).coef_

    lasso = Lasso(0.1, tol=1e-13).fit(x, y, a).coef_
    for name in ("l21", "l1inf", "lasso", "sparse_group", "tree"):
        np.testing.assert_allclose(fit_one(name), lasso, atol=1e-6)
    norm = np.linalg.norm(fit_one("trace"))
    for name, weight in (("trace", 0.1 / norm), ("squared_trace", 0.1)):
        ridge = Ridge(weight, tol=1e-13).fit(x, y, a / a.sum()).coef_
        np.testing.assert_allclose(fit_one(name), ridge, atol=1e-6)


def test_trace_of_orthonormal_features(complete):
    """Singular values of the least squares that are thresholded: a rank of choice."""
    X, Y = complete
    X = np.sqrt(len(X)) * np.linalg.qr(X)[0]
    U, s, Vt = np.linalg.svd(X.T @ Y / len(X), full_matrices=False)
    for rank in range(1, T):
        alpha = 0.5 * (s[rank - 1] + s[rank])
        reg = RegularizedMTLRegressor("trace", alpha, tol=1e-14).fit(X, Y)
        thresholded = (U * np.maximum(s - alpha, 0)) @ Vt
        np.testing.assert_allclose(reg.coef_, thresholded.T, atol=1e-7)
        # Reduced-rank regression, which truncates the fitted values, has the same ones.
        fitted = LinearRegression().fit(X, Y).predict(X)
        left, _, right = np.linalg.svd(fitted, full_matrices=False)
        predicted = reg.predict(X)
        assert np.linalg.matrix_rank(predicted, tol=1e-6) == rank
        projected = left[:, :rank] @ left[:, :rank].T @ predicted
        np.testing.assert_allclose(projected, predicted, atol=1e-6)
        projected = predicted @ right[:rank].T @ right[:rank]
        np.testing.assert_allclose(projected, predicted, atol=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_trace_of_lightning(complete):
    regression = pytest.importorskip("lightning.regression")
    X, Y = complete
    same = regression.FistaRegressor(
        C=1, alpha=0.1 * len(X), penalty="trace", max_iter=5000, tol=1e-12
    ).fit(X, Y)
    reg = RegularizedMTLRegressor("trace", 0.1, tol=1e-12).fit(X, Y)
    np.testing.assert_allclose(reg.coef_, same.coef_, atol=1e-4)


def test_shared_rows_with_a_mask():
    """Proximal gradients on one X, the residuals of missing targets being 0."""
    data = make_data("missing")
    observed = ~np.isnan(data.Y)
    weights, Y = observed / observed.sum(axis=0), np.nan_to_num(data.Y)
    step, W = 1 / (np.linalg.norm(data.X, 2) ** 2 * weights.max()), np.zeros((p, T))
    penalty = TracePenalty()
    for _ in range(3000):
        gradient = data.X.T @ (weights * (data.X @ W - Y))
        W = penalty.prox(W - step * gradient, 0.1 * step)
    reg = fit(data, "trace", tol=1e-14, fit_intercept=False)
    np.testing.assert_allclose(reg.coef_, W.T, atol=1e-7)


@pytest.mark.parametrize("name", PENALTIES)
def test_alpha_max(data, name):
    """With it all coefficients are 0, and with a little less some are not."""
    alpha_max = fit(data, name, tol=1e-6).alpha_max_
    if name in {"ridge", "mean", "graph", "squared_trace", "cluster", "cluster_norm"}:
        assert alpha_max == np.inf
    elif name == "multi_level":
        assert np.isnan(alpha_max)
    else:
        assert not fit(data, name, alpha_max * (1 + 1e-12)).coef_.any()
        assert fit(data, name, 0.999 * alpha_max).coef_.any()


@pytest.mark.parametrize(
    "name", [name for name in PENALTIES if PENALTIES[name].is_convex]
)
def test_gap_vanishes_at_the_optimum(data, name):
    gap = fit(data, name, tol=1e-10).dual_gap_
    assert gap <= 1e-9 * sum(0.5 * a @ (y - a @ y) ** 2 for _, y, a in data.tasks)
