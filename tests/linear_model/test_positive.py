"""Coefficients that may not be below 0."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from scipy.optimize import nnls
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from sklearn_mtl.linear_model import RegularizedMTLClassifier, RegularizedMTLRegressor
from sklearn_mtl.linear_model.penalties import (
    PENALTIES,
    ElasticPenalty,
    LassoPenalty,
    TracePenalty,
)

ALLOWED = [name for name, penalty in PENALTIES.items() if penalty().allows_positive]
CONVEX = [name for name in ALLOWED if PENALTIES[name].is_convex]

matrices = arrays(
    np.float64, (4, 3), elements=st.integers(-20, 20).map(lambda k: k / 8)
)


def fit(X, Y, penalty, alpha=0.1, sample_weight=None, **params):
    params = {"tol": 1e-12, "positive": True, **params}
    return RegularizedMTLRegressor(penalty, alpha, **params).fit(X, Y, sample_weight)


def test_which_penalties_allow_it():
    """Those of the sizes of the coefficients, not of differences or of spectra."""
    forbidden = {"mean", "graph", "trace", "squared_trace", "temporal", "fused"}
    forbidden |= {"cluster", "cluster_norm", "robust", "sparse_low_rank"}
    assert set(PENALTIES) - set(ALLOWED) == forbidden
    assert ElasticPenalty(LassoPenalty()).allows_positive
    assert not ElasticPenalty(TracePenalty()).allows_positive


@pytest.mark.parametrize("penalty", [*sorted(set(PENALTIES) - set(ALLOWED))])
def test_other_penalties_are_an_error(regression, penalty):
    X, Y = regression
    name = type(PENALTIES[penalty]()).__name__
    allowed = ", ".join(repr(name) for name in ALLOWED)
    with pytest.raises(ValueError, match="'positive'") as error:
        fit(X, Y, penalty)
    assert str(error.value) == (
        "The 'positive' parameter of RegularizedMTLRegressor must be False for "
        f"{name}; the penalties that allow it are {allowed}, got True."
    )


@pytest.mark.parametrize("name", CONVEX)
@settings(max_examples=30, deadline=None)
@given(W=matrices, V=matrices, step=st.sampled_from([1e-3, 0.1, 0.7, 5.0]))
def test_prox_of_what_is_positive(name, W, V, step):
    """The prox of max(W, 0) is the minimiser among all that is not below 0."""
    penalty, V = PENALTIES[name](), np.abs(V)
    if penalty.n_components > 1:
        W, V = np.stack([W, W[::-1]]), np.stack([V, V[::-1]])

    def objective(at):
        return 0.5 * ((at - W) ** 2).sum() + step * penalty.value(at)

    found = penalty.prox(np.maximum(W, 0), step)
    assert (found >= 0).all()
    lowest = objective(found)
    for size in (1.0, 0.1, 1e-2):
        move = size * (V - found)
        bound = lowest + 0.5 * (move**2).sum()
        assert objective(found + move) >= bound - 1e-11 * (1 + lowest)


@pytest.mark.parametrize("kind", ["complete", "missing", "weighted", "sparse"])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_is_one_model_per_task(missing, kind, fit_intercept):
    X, Y = missing
    if kind == "complete":
        Y = np.nan_to_num(Y)
    weights = np.ones(Y.shape)
    if kind == "weighted":
        weights = np.random.RandomState(0).rand(*Y.shape)
        weights[::4] = 0
    dense = X * (X > 1) if kind == "sparse" else X
    given = sparse.csr_array(dense) if kind == "sparse" else dense
    params = {"positive": True, "fit_intercept": fit_intercept, "tol": 1e-12}
    makers = {
        "lasso": lambda w: Lasso(0.1, **params),
        "ridge": lambda w: Ridge(0.1 * w.sum(), **params),
        ElasticPenalty(LassoPenalty(), ridge=3.0): lambda w: ElasticNet(
            0.4, l1_ratio=0.25, **params
        ),
    }
    for penalty, make in makers.items():
        reg = fit(given, Y, penalty, 0.1, weights, fit_intercept=fit_intercept)
        assert (reg.coef_ >= 0).all()
        assert (reg.coef_ == 0).any()
        for t in range(Y.shape[1]):
            rows = np.flatnonzero(~np.isnan(Y[:, t]) & (weights[:, t] > 0))
            w = weights[rows, t]
            alone = make(w).fit(dense[rows], Y[rows, t], w)
            np.testing.assert_allclose(reg.coef_[t], alone.coef_, atol=1e-5)
            assert np.ravel(reg.intercept_)[t] == pytest.approx(
                alone.intercept_, abs=1e-5
            )


def test_without_a_penalty_it_is_least_squares(regression):
    X, Y = regression
    reg = fit(X, Y, "l21", 0, fit_intercept=False)
    for t in range(Y.shape[1]):
        np.testing.assert_allclose(reg.coef_[t], nnls(X, Y[:, t])[0], atol=1e-7)


@pytest.mark.parametrize("name", ALLOWED)
def test_changes_nothing_where_all_is_positive(regression, name):
    X, Y = regression
    rng = np.random.RandomState(0)
    W = 2 + rng.rand(5, 12)
    Y = X @ W.T + 0.1 * rng.standard_normal(Y.shape)
    free = fit(X, Y, name, 0.01, positive=False)
    assert (free.coef_ > 0).all()
    np.testing.assert_allclose(fit(X, Y, name, 0.01).coef_, free.coef_, atol=1e-6)


@pytest.mark.parametrize("name", CONVEX)
def test_gap_vanishes_and_bounds_the_error(missing, name):
    X, Y = missing
    scale = np.nanvar(Y, axis=0).sum()

    def objective(reg):
        loss = 0.5 * np.nanmean((Y - reg.predict(X)) ** 2, axis=0).sum()
        parts = [part.T for part in getattr(reg, "components_", [reg.coef_])]
        return loss + 0.05 * PENALTIES[name]().value(
            parts if len(parts) > 1 else parts[0]
        )

    best, rough = fit(X, Y, name, 0.05, tol=1e-10), fit(X, Y, name, 0.05, tol=1e-2)
    assert best.dual_gap_ <= 1e-9 * scale
    assert -1e-9 <= objective(rough) - objective(best) <= rough.dual_gap_ + 1e-9
    assert objective(fit(X, Y, name, 0.05, positive=False)) < objective(best)


@pytest.mark.parametrize("name", ALLOWED)
def test_alpha_max(missing, name):
    X, Y = missing
    Y = -np.abs(Y) * X[:, :1] + Y  # the first feature counts with its sign only
    alpha_max = fit(X, Y, name).alpha_max_
    if not np.isfinite(alpha_max):
        assert name in {"ridge", "multi_level"}
        return
    assert not fit(X, Y, name, alpha_max).coef_.any()
    below = fit(X, Y, name, 0.999 * alpha_max).coef_
    assert below.any()
    assert (below >= 0).all()
    assert alpha_max < fit(X, Y, name, positive=False).alpha_max_


@pytest.mark.parametrize("name", ALLOWED)
def test_classifier(classes, name):
    X, Y = classes
    X, Y = X[:, :6], Y[:, 2:]
    clf = RegularizedMTLClassifier(name, 0.05, positive=True, tol=1e-5).fit(X, Y)
    for coef in clf.coef_:
        assert (coef >= 0).all()
        assert (coef > 0).any()
    if PENALTIES[name].is_convex:
        assert clf.dual_gap_ <= 1e-5 * 3 * np.log(3)


def test_no_closed_form(regression):
    X, Y = regression
    with pytest.raises(ValueError, match="'solver' parameter"):
        fit(X, Y, "ridge", solver="closed_form")
