import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from sklearn_mtl.linear_model import RegularizedMTLClassifier
from sklearn_mtl.linear_model.penalties import (
    PENALTIES,
    ElasticPenalty,
    GraphPenalty,
    MeanPenalty,
)

NAMES = list(PENALTIES)
# The penalties that compare the tasks class by class.
COMPARING = {name for name in NAMES if PENALTIES[name].relates_tasks is True}
WITHOUT_GAP = {"mean", "graph", "capped_l1", "multi_level"}


def fit(X, Y, penalty="l21", alpha=0.05, sample_weight=None, **params):
    clf = RegularizedMTLClassifier(penalty, alpha, **{"tol": 1e-10, **params})
    return clf.fit(X, Y, sample_weight)


def assert_same(a, b, atol=1e-7):
    for mine, other in ((a.coef_, b.coef_), (a.intercept_, b.intercept_)):
        for of_a, of_b in zip(mine, other, strict=True):
            np.testing.assert_allclose(of_a, of_b, atol=atol)


@pytest.fixture
def binary(classes):
    X, Y = classes
    return X, np.where(np.isnan(Y), np.nan, Y > 0)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_ridge_is_a_logistic_regression_per_task(classes, weighted, fit_intercept):
    X, Y = classes
    weights = np.ones(Y.shape)
    if weighted:
        weights = np.random.RandomState(0).rand(*Y.shape)
        weights[::4] = 0
    params = {"fit_intercept": fit_intercept, "tol": 1e-13}
    clf = fit(X, Y, "ridge", 0.1, sample_weight=weights, **params)
    assert clf.dual_gap_ == pytest.approx(0, abs=1e-10)
    for t, (coef, intercept) in enumerate(zip(clf.coef_, clf.intercept_, strict=True)):
        rows = np.flatnonzero(~np.isnan(Y[:, t]) & (weights[:, t] > 0))
        w = weights[rows, t]
        alone = LogisticRegression(
            C=1 / (0.1 * w.sum()),
            tol=1e-9,
            max_iter=10_000,
            fit_intercept=fit_intercept,
        ).fit(X[rows], Y[rows, t], w)
        np.testing.assert_allclose(coef, alone.coef_, atol=1e-5)
        np.testing.assert_allclose(
            clf.predict_proba(X)[t], alone.predict_proba(X), atol=1e-5
        )
        # The constant that all classes may share is not the same.
        np.testing.assert_allclose(
            intercept - intercept.mean() * (len(intercept) > 1),
            alone.intercept_ - alone.intercept_.mean() * (len(intercept) > 1),
            atol=1e-5,
        )


def test_lasso_is_a_logistic_regression_per_task(binary):
    X, Y = binary
    clf = fit(X, Y, "lasso", 0.05, tol=1e-12, fit_intercept=False)
    assert clf.coef_.shape == (5, 12)
    for t in range(5):
        rows = ~np.isnan(Y[:, t])
        alone = LogisticRegression(
            C=1 / (0.05 * rows.sum()),
            l1_ratio=1,
            solver="liblinear",
            fit_intercept=False,
            tol=1e-9,
            max_iter=10_000,
        ).fit(X[rows], Y[rows, t])
        np.testing.assert_allclose(clf.coef_[[t]], alone.coef_, atol=1e-4)


@pytest.mark.parametrize("name", [name for name in NAMES if PENALTIES[name].is_norm])
def test_alpha_max(classes, name):
    X, Y = classes
    if name in COMPARING:
        Y = Y[:, 2:]  # of as many classes
    alpha_max = fit(X, Y, name, 10.0).alpha_max_
    # The gradient is exact up to the Newton steps for the intercepts.
    at = fit(X, Y, name, alpha_max * (1 + 1e-9))
    assert not any(coef.any() for coef in at.coef_)
    for t, proba in enumerate(at.predict_proba(X)):
        codes = Y[~np.isnan(Y[:, t]), t].astype(int)
        np.testing.assert_allclose(proba[0], np.bincount(codes) / len(codes))
    below = fit(X, Y, name, 0.999 * alpha_max)
    assert any(coef.any() for coef in below.coef_)


@pytest.mark.parametrize("name", NAMES)
def test_gap_bounds_the_error(binary, name):
    X, Y = binary
    X = X[:, :6]
    best = fit(X, Y, name, 0.02, tol=1e-8)
    penalty = PENALTIES[name]()

    def objective(clf):
        loss = 0.0
        for t, proba in enumerate(clf.predict_proba(X)):
            rows = ~np.isnan(Y[:, t])
            loss -= np.log(proba[rows, Y[rows, t].astype(int)]).mean()
        parts = [part.T for part in getattr(clf, "components_", [clf.coef_])]
        return loss + 0.02 * penalty.value(
            parts if penalty.n_components > 1 else parts[0]
        )

    rough = fit(X, Y, name, 0.02, tol=1e-2)
    excess = objective(rough) - objective(best)
    if name in WITHOUT_GAP:
        assert np.isnan(rough.dual_gap_)
        assert -1e-9 < excess < 1e-2
    else:
        assert -1e-9 < excess <= rough.dual_gap_ + 1e-7
        assert rough.dual_gap_ <= 1e-2 * 5 * np.log(2)


@pytest.mark.parametrize("name", ["l21", "mean", "trace", "robust_feature"])
def test_missing_is_weight_zero_is_left_out(binary, name):
    X, Y = binary
    clf = fit(X, Y, name)
    rng = np.random.RandomState(0)
    filled = np.where(np.isnan(Y), rng.randint(2, size=Y.shape), Y)
    weights = (~np.isnan(Y)).astype(float)
    assert_same(fit(X, filled, name, sample_weight=weights), clf, atol=0)
    rows = rng.rand(len(X)) > 0.4
    kept = fit(X, Y, name, sample_weight=rows)
    assert_same(kept, fit(X[rows], Y[rows], name), atol=1e-9)


@pytest.mark.parametrize("name", ["l21", "squared_trace", "dirty"])
def test_sparse_inputs(classes, name):
    X, Y = classes
    X = X * (X > 1)
    clf = fit(sparse.csr_array(X), Y, name, tol=1e-7)
    assert_same(clf, fit(X, Y, name, tol=1e-7), atol=1e-6)


def test_many_patterns_of_missing_labels_share_the_rows():
    """One block of rows for all tasks gives what a block per task does."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((200, 5))
    Y = (X @ rng.standard_normal((5, 8)) + rng.standard_normal((200, 8)) > 0) * 1.0
    dense = np.where(rng.rand(*Y.shape) < 0.1, np.nan, Y)
    ragged = np.where(np.arange(8) == rng.randint(8, size=(200, 1)), Y, np.nan)
    for labels in (dense, ragged):
        clf = fit(X, labels, "ridge", 0.1, tol=1e-13)
        for t in range(8):
            alone = fit(X, labels[:, t], "ridge", 0.1, tol=1e-13)
            np.testing.assert_allclose(clf.coef_[[t]], alone.coef_, atol=1e-5)


def test_limits_of_the_mean_penalty(binary):
    X, Y = binary
    clf = fit(X, Y, MeanPenalty(1e-8), 1e6)
    np.testing.assert_allclose(clf.coef_ - clf.coef_.mean(axis=0), 0, atol=1e-5)
    # With every task's own ridge and no relation to others.
    alone = fit(X, Y, ElasticPenalty(MeanPenalty(), ridge=1e6), 1e-7)
    assert_same(alone, fit(X, Y, "ridge", 0.1), atol=1e-4)


def test_penalties_that_compare_tasks_class_by_class(classes):
    X, Y = classes
    message = "'penalty' .* as they have different classes, got MeanPenalty"
    with pytest.raises(ValueError, match=message):
        fit(X, Y, "mean")
    same = Y[:, 2:]
    clf = fit(X, same, "mean", 1e3, tol=1e-8)
    for coef in clf.coef_:
        np.testing.assert_allclose(coef, clf.coef_[0], atol=1e-3)
    other = fit(X, same, GraphPenalty(np.ones((3, 3)) / 3), 1e3, tol=1e-8)
    assert_same(clf, other, atol=1e-6)


def test_layout(classes):
    X, Y = classes
    clf = fit(X, Y)
    shapes = [coef.shape for coef in clf.coef_]
    assert shapes == [(1, 12)] * 2 + [(3, 12)] * 3
    assert [b.shape for b in clf.intercept_] == [(1,)] * 2 + [(3,)] * 3
    assert [len(known) for known in clf.classes_] == [2, 2, 3, 3, 3]
    assert [p.shape[1] for p in clf.predict_proba(X)] == [2, 2, 3, 3, 3]
    assert clf.predict(X).shape == Y.shape
    for t in range(5):
        proba = clf.predict_proba(X)[t]
        np.testing.assert_allclose(proba.sum(axis=1), 1)
        np.testing.assert_array_equal(proba.argmax(axis=1), clf.predict(X)[:, t])
    alone = fit(X[:40], np.nan_to_num(Y[:40, 4]))
    assert alone.coef_.shape == (3, 12)
    assert alone.intercept_.shape == (3,)
    assert alone.predict(X).shape == (80,)
    assert alone.predict_proba(X).shape == (80, 3)
    assert alone.classes_.tolist() == [0, 1, 2]
    sum_of = fit(X, Y, "dirty", tol=1e-3)
    for coef, first, second in zip(sum_of.coef_, *sum_of.components_, strict=True):
        np.testing.assert_allclose(first + second, coef)
    covariance = fit(X, Y, "squared_trace").task_covariance_
    assert covariance.shape == (11, 11)


def test_labels_of_any_type(binary):
    X, Y = binary
    names = pd.DataFrame(
        {
            "taste": np.where(
                np.isnan(Y[:, 0]), None, np.where(Y[:, 0], "good", "bad")
            ),
            "sold": pd.array(Y[:, 1], dtype="Int64"),
        }
    )
    clf = fit(X, names)
    assert list(clf.task_names_) == ["taste", "sold"]
    assert_same(clf, fit(X, Y[:, :2]), atol=0)
    predicted = clf.predict(X)
    assert set(predicted[:, 0]) == {"bad", "good"}
    assert clf.score(X, names[["sold", "taste"]]) == clf.score(X, names) > 0.7


def test_one_class(binary):
    X, Y = binary
    rest = fit(X, Y[:, 1:])
    Y[:, 0] = np.where(np.isnan(Y[:, 0]), np.nan, 1)
    with pytest.warns(UserWarning, match="'task0' .* has one class only, 1.0,"):
        clf = fit(X, Y)
    np.testing.assert_array_equal(clf.coef_[0], 0)
    np.testing.assert_allclose(clf.coef_[1:], rest.coef_, atol=1e-6)
    assert (clf.predict(X)[:, 0] == 1).all()
    assert clf.predict_proba(X)[0].tolist() == [[1.0]] * len(X)
    with pytest.warns(UserWarning, match="one class only"):
        constant = fit(X, np.full(len(X), "a"))
    assert set(constant.predict(X)) == {"a"}


@pytest.mark.parametrize("name", ["l21", "squared_trace", "ridge"])
def test_features_far_from_zero(classes, name):
    X, Y = classes
    near, far = fit(X, Y, name, tol=1e-8), fit(X + 1e6, Y, name, tol=1e-8)
    for coef, same in zip(far.coef_, near.coef_, strict=True):
        np.testing.assert_allclose(coef, same, atol=1e-4)
    assert far.n_iter_ <= near.n_iter_ + 10


def test_separable_classes_without_a_penalty():
    X = np.arange(10.0)[:, np.newaxis]
    Y = np.column_stack([X[:, 0] > 4, X[:, 0] > 6])
    clf = fit(X, Y, "l21", 1e-8, tol=1e-4, max_iter=200_000)
    assert clf.score(X, Y) == 1


def test_learns_more_than_the_frequencies(classes):
    X, Y = classes
    for name in NAMES:
        if name in COMPARING:
            continue
        clf = fit(X, Y, name, 0.01, tol=1e-2)
        for t, score in enumerate(clf.score_tasks(X, Y).values()):
            rows = ~np.isnan(Y[:, t])
            constant = DummyClassifier().fit(X[rows], Y[rows, t])
            assert score > constant.score(X[rows], Y[rows, t]) + 0.05


def test_bad_labels(classes):
    X, Y = classes
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        fit(X, Y + 0.5)
    with pytest.raises(ValueError, match=r"'solver' .* must be 'auto' or 'fista'"):
        fit(X, Y, "ridge", solver="closed_form")
