"""The estimators that choose their penalty by cross-validation."""

import re

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.linear_model import LassoCV, MultiTaskLassoCV
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, ShuffleSplit

from sklearn_mtl.linear_model import (
    RegularizedMTLClassifier,
    RegularizedMTLClassifierCV,
    RegularizedMTLRegressor,
    RegularizedMTLRegressorCV,
)
from sklearn_mtl.linear_model._folds import make_folds
from sklearn_mtl.linear_model._task_data import weigh_rows
from sklearn_mtl.linear_model.losses._squared import SquaredLoss
from sklearn_mtl.linear_model.penalties import (
    PENALTIES,
    ClusterPenalty,
    DirtyPenalty,
    MeanPenalty,
    SparseGroupPenalty,
)
from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem
from sklearn_mtl.linear_model.solvers._solve import make_problem
from sklearn_mtl.metrics import make_multitask_scorer, per_task_scorers
from sklearn_mtl.model_selection import MultiTaskKFold

# Of paths that are short, to be quick.
pytestmark = pytest.mark.filterwarnings("ignore:The best alpha of")

BOTH = {
    RegularizedMTLRegressorCV: RegularizedMTLRegressor,
    RegularizedMTLClassifierCV: RegularizedMTLClassifier,
}


def search(X, Y, penalty="l21", sample_weight=None, MTL=RegularizedMTLRegressorCV, **p):
    settings = {"alphas": 6, "eps": 0.05, "cv": KFold(3), "tol": 1e-7, **p}
    return MTL(penalty, **settings).fit(X, Y, sample_weight)


def make_fold_pairs(X, Y, weights, splits, *, fit_intercept=True):
    """Yield the problem of each training part by downdates, and built anew."""
    encoded, weights = np.nan_to_num(Y), weights * ~np.isnan(Y)
    widths = np.ones(Y.shape[1], dtype=int)
    data = weigh_rows(X, encoded, weights, widths, fit_intercept)
    whole = make_problem(data, lambda _: SquaredLoss())
    for fold in make_folds(data, whole, splits, classify=False):
        yield fold, fold.problem, GramProblem(fold.data)


def assert_same_problem(a, b, atol=1e-12):
    assert [g.tolist() for g in a.groups] == [g.tolist() for g in b.groups]
    for name in ("grams", "products", "_means", "_target_means", "_target_squares"):
        mine, other = getattr(a, name), getattr(b, name)
        np.testing.assert_allclose(mine, other, rtol=1e-10, atol=atol, err_msg=name)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("kind", ["complete", "missing", "weighted", "sparse"])
def test_grams_of_a_fold_are_differences(missing, kind, fit_intercept):
    X, Y = missing
    weights = np.ones(Y.shape)
    if kind == "complete":
        Y = np.nan_to_num(Y)
    if kind == "weighted":
        weights = np.random.RandomState(0).rand(*Y.shape)
    if kind == "sparse":
        X = sparse.csr_array(X * (X > 1))
    splits = KFold(4, shuffle=True, random_state=0).split(Y)
    for _, quick, slow in make_fold_pairs(
        X, Y, weights, splits, fit_intercept=fit_intercept
    ):
        assert_same_problem(quick, slow)


def test_grams_of_a_fold_where_features_are_far_from_zero(missing):
    X, Y = missing
    splits = KFold(4).split(Y)
    for _, quick, slow in make_fold_pairs(X + 1e6, Y, np.ones(Y.shape), splits):
        assert_same_problem(quick, slow, atol=1e-8)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(5, 30), st.integers(1, 4))
def test_grams_of_a_fold_whatever_is_missing(seed, n_samples, n_tasks):
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_samples, 3))
    Y = rng.standard_normal((n_samples, n_tasks))
    Y[rng.rand(*Y.shape) < rng.rand()] = np.nan
    Y[0] = 0
    weights = rng.randint(0, 3, Y.shape) + 1e-3
    splits = ShuffleSplit(2, test_size=0.3, random_state=seed).split(Y)
    for fold, quick, slow in make_fold_pairs(X, Y, weights, splits):
        if quick is not None:
            assert_same_problem(quick, slow, atol=1e-9)
        unlabelled = ~fold.data.weights.any(axis=0)
        assert not fold.weights[:, unlabelled].any()


def test_folds_that_are_built_anew(missing):
    """Where rows are repeated, or hardly any is left, differences would not do."""
    X, Y = missing
    rows = np.arange(len(X))
    splits = [(rows.repeat(2), rows[:5]), (rows[:10], rows[10:])]
    for fold, quick, slow in make_fold_pairs(X, Y, np.ones(Y.shape), splits):
        assert quick is None
        assert np.isfinite(slow.grams).all()
        np.testing.assert_allclose(fold.data.weights.sum(axis=0), 1)


@pytest.mark.parametrize(
    ("penalty", "MTL"),
    [
        ("l21", RegularizedMTLRegressorCV),
        (MeanPenalty(0.1), RegularizedMTLRegressorCV),
        (DirtyPenalty(0.5), RegularizedMTLRegressorCV),
        ("lasso", RegularizedMTLClassifierCV),
        (ClusterPenalty(2), RegularizedMTLClassifierCV),
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_is_a_grid_search(missing, classes, penalty, MTL, weighted):
    """Every fold is what a fit from scratch is, and so is the score."""
    regression = MTL is RegularizedMTLRegressorCV
    X, Y = missing if regression else classes
    weights = np.random.RandomState(0).rand(len(X)) if weighted else None
    splits = list(MultiTaskKFold(3, random_state=0).split(X, Y))
    alphas = [0.3, 0.1, 0.03]
    found = search(X, Y, penalty, weights, MTL, alphas=alphas, cv=splits, tol=1e-8)
    metric = "neg_mean_squared_error" if regression else "neg_log_loss"
    with sklearn.config_context(enable_metadata_routing=True):
        plain = BOTH[MTL](penalty, tol=1e-8).set_fit_request(sample_weight=True)
        scorer = make_multitask_scorer(metric).set_score_request(sample_weight=True)
        other = GridSearchCV(plain, {"alpha": alphas}, cv=splits, scoring=scorer)
        other.fit(X, Y, sample_weight=weights)
    assert found.alpha_ == other.best_params_["alpha"]
    for key in ("split0_test_score", "mean_test_score", "std_test_score"):
        expected = other.cv_results_[key]
        np.testing.assert_allclose(found.cv_results_[key], expected, rtol=1e-4)
    ranks = found.cv_results_["rank_test_score"]
    np.testing.assert_array_equal(ranks, other.cv_results_["rank_test_score"])
    assert found.best_score_ == pytest.approx(other.best_score_, rel=1e-4)


def test_l21_is_multi_task_lasso_cv(regression):
    X, Y = regression
    found = search(X, Y, alphas=20, eps=1e-2, tol=1e-10)
    same = MultiTaskLassoCV(alphas=20, eps=1e-2, cv=KFold(3), tol=1e-9).fit(X, Y)
    np.testing.assert_allclose(found.alphas_, same.alphas_)
    assert found.alpha_ == pytest.approx(same.alpha_)
    np.testing.assert_allclose(found.coef_, same.coef_, atol=1e-6)
    scores = np.column_stack(
        [found.cv_results_[f"split{k}_test_score"] for k in range(3)]
    )
    np.testing.assert_allclose(-scores, same.mse_path_, rtol=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_one_target_is_lasso_cv(regression, weighted):
    X, Y = regression
    weights = np.random.RandomState(0).rand(len(X)) if weighted else None
    found = search(X, Y[:, 0], "lasso", weights, alphas=20, eps=1e-2, tol=1e-10)
    same = LassoCV(alphas=20, eps=1e-2, cv=KFold(3), tol=1e-9)
    same.fit(X, Y[:, 0], sample_weight=weights)
    np.testing.assert_allclose(found.alphas_, same.alphas_)
    assert found.alpha_ == pytest.approx(same.alpha_)
    np.testing.assert_allclose(found.coef_, same.coef_, atol=1e-6)


@pytest.mark.parametrize("name", PENALTIES)
def test_the_last_fit_is_that_of_the_plain_estimator(missing, name):
    X, Y = missing
    found = search(X, Y, name, alphas=3, cv=2, tol=1e-6, random_state=0)
    plain = RegularizedMTLRegressor(found.penalty_, found.alpha_).fit(X, Y)
    np.testing.assert_allclose(found.coef_, plain.coef_, atol=1e-5)
    np.testing.assert_allclose(found.intercept_, plain.intercept_, atol=1e-5)
    np.testing.assert_allclose(found.alpha_max_, plain.alpha_max_)
    assert found.alpha_ in found.alphas_
    assert (np.diff(found.alphas_) < 0).all()
    chosen = found.penalty_.get_params()
    for key, value in found.best_params_.items():
        assert (found.alpha_ if key == "alpha" else chosen[key]) == value
    assert not hasattr(found, "alpha")


@pytest.mark.parametrize("MTL", BOTH)
def test_jobs_and_order_do_not_matter(missing, classes, MTL):
    X, Y = missing if MTL is RegularizedMTLRegressorCV else classes
    params = {"alphas": 3, "eps": 0.2, "tol": 1e-3, "MTL": MTL}
    one, two = (search(X, Y, "robust_feature", n_jobs=n, **params) for n in (1, 2))
    for key, column in one.cv_results_.items():
        assert np.array_equal(column, two.cv_results_[key]), key
    assert one.best_params_ == two.best_params_
    for mine, other in zip(one.coef_, two.coef_, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_the_path_goes_on_where_smaller_weights_are_better(regression):
    X, _ = regression
    exact = X @ np.random.RandomState(0).standard_normal((12, 2))
    params = {"alphas": 5, "eps": 0.5, "tol": 1e-8}
    with pytest.warns(UserWarning, match="'?RegularizedMTLRegressorCV is the smallest"):
        found = search(X, exact, "l21", **params)
    assert len(found.alphas_) == 9
    assert found.alpha_ == found.alphas_[-1] < 0.3 * found.alpha_max_
    steps = found.alphas_[1:] / found.alphas_[:-1]
    np.testing.assert_allclose(steps, steps[0])
    # What went on is as if it had been asked for.
    with pytest.warns(UserWarning, match="smallest"):
        same = search(X, exact, "l21", alphas=found.alphas_, tol=1e-8)
    for key in ("mean_test_score", "split0_test_score", "mean_test_score_task1"):
        mine, other = found.cv_results_[key], same.cv_results_[key]
        np.testing.assert_allclose(mine, other, rtol=1e-10)
    with pytest.warns(UserWarning, match="smallest"):
        assert len(search(X, exact, "l21", alphas=[3.0, 2.0]).alphas_) == 2


def test_the_path_goes_on_where_larger_weights_are_better():
    """Tasks that are one and the same."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((60, 8))
    Y = (X @ rng.standard_normal(8))[:, np.newaxis] + 3 * rng.standard_normal((60, 12))
    params = {"alphas": 8, "eps": 1e-2}
    with pytest.warns(UserWarning, match="is the largest that was tried"):
        search(X, Y, MeanPenalty(0.01), alphas=[1e-2, 1e-3])
    with pytest.warns(UserWarning, match="is the largest that was tried"):
        search(X, Y, "l21", alphas=[1e-2, 1e-3])
    found = search(X, Y, MeanPenalty(0.01), **params)
    curvature = np.linalg.eigvalsh(np.cov(X.T, bias=True))[-1]
    assert found.alphas_[-1] == pytest.approx(0.001 * curvature)
    assert len(found.alphas_) > 8
    assert found.alpha_ > 2 * curvature


def test_no_coefficients_may_be_best(recwarn):
    rng = np.random.RandomState(0)
    X, Y = rng.standard_normal((50, 5)), rng.standard_normal((50, 3))
    found = search(X, Y, alphas=10, cv=3, random_state=0)
    assert found.alpha_ == found.alpha_max_
    np.testing.assert_array_equal(found.coef_, 0)
    assert not [w for w in recwarn if "that was tried" in str(w.message)]


@pytest.mark.parametrize("name", sorted({*PENALTIES} - {"multi_level", "capped_l1"}))
def test_finds_an_inner_weight(name):
    """The default path has the best weight inside, also of squared penalties."""
    rng = np.random.RandomState(0)
    W = rng.standard_normal((10, 1)) + 0.5 * rng.standard_normal((10, 6))
    X = rng.standard_normal((60, 10))
    Y = X @ W + 3 * rng.standard_normal((60, 6))
    found = search(X, Y, name, alphas=12, eps=1e-3, tol=1e-4, cv=3, random_state=0)
    position = found.alphas_.tolist().index(found.alpha_)
    assert 0 < position < len(found.alphas_) - 1
    assert found.best_score_ > -np.var(Y, axis=0).mean()


def test_default_grids(missing):
    X, Y = missing
    low, high = DirtyPenalty().window(12, 5)
    found = search(X, Y, "dirty", alphas=3, tol=1e-4)
    weights = np.unique(found.cv_results_["param_weight"])
    assert len(weights) == 3
    assert low < weights[0] < weights[-1] < high
    assert found.penalty_.weight == found.best_params_["weight"]
    assert len(search(X, Y, DirtyPenalty(), alphas=3, tol=1e-4).alphas_) == 3
    none = search(X, Y, "dirty", alphas=3, param_grid=None, tol=1e-4)
    assert none.penalty_.weight is None
    clusters = search(X, Y[:, :2], "cluster", alphas=2, tol=1e-3).cv_results_
    assert set(clusters["param_n_clusters"]) == {1, 2}
    # The weight of a squared term beside a norm depends on the units.
    for factor in (1.0, 1e3):
        ridges = search(factor * X, Y, "elastic", alphas=2, tol=1e-3).cv_results_
        curvature = factor**2 * np.linalg.eigvalsh(np.cov(X.T))[-1]
        assert ridges["param_ridge"].max() / curvature * factor < 100


def test_param_grid(missing):
    X, Y = missing
    penalty = SparseGroupPenalty(l1_ratio=0.3)
    grid = {"l1_ratio": [0.2, 0.8]}
    found = search(X, Y, penalty, alphas=[0.1, 0.2], param_grid=grid)
    assert found.best_params_ == {
        "alpha": found.alpha_,
        "l1_ratio": found.penalty_.l1_ratio,
    }
    assert penalty.l1_ratio == 0.3
    results = found.cv_results_
    assert results["param_l1_ratio"].tolist() == [0.2, 0.2, 0.8, 0.8]
    assert results["param_alpha"].tolist() == [0.2, 0.1, 0.2, 0.1]
    assert results["params"][1] == {"alpha": 0.1, "l1_ratio": 0.2}
    best = results["params"][int(results["rank_test_score"].argmin())]
    assert best == found.best_params_
    several = [{"n_clusters": [1]}, {"n_clusters": [2], "eta": [0.1, 1.0]}]
    results = search(X, Y, "cluster", alphas=1, param_grid=several).cv_results_
    assert results["param_eta"].mask.tolist() == [True, False, False]
    # A path of its own, from its own largest weight.
    assert len(set(search(X, Y, "robust", alphas=1).cv_results_["param_alpha"])) == 3


def test_scores_of_tasks(missing):
    X, Y = missing
    frame = pd.DataFrame(Y, columns=list("abcde"))
    results = search(X, frame).cv_results_
    means = [results[f"mean_test_score_{task}"] for task in frame]
    np.testing.assert_allclose(results["mean_test_score"], np.mean(means, axis=0))
    assert pd.DataFrame(results).shape == (6, 2 + 3 + 3 + 10)
    assert (results["std_test_score_a"] > 0).all()


def score_as_one(clf, X, Y):
    return make_multitask_scorer("roc_auc")(clf, X, Y)


def test_scoring(classes):
    X, Y = classes
    params = {"MTL": RegularizedMTLClassifierCV, "alphas": 3, "eps": 0.2, "tol": 1e-4}
    by_name = search(X, Y, scoring="roc_auc", **params)
    scorer = make_multitask_scorer("roc_auc")
    by_scorer = search(X, Y, scoring=scorer, **params)
    by_function = search(X, Y, scoring=score_as_one, **params)
    for other in (by_scorer, by_function):
        for key in ("mean_test_score", "split2_test_score"):
            mine = by_name.cv_results_[key]
            np.testing.assert_array_equal(mine, other.cv_results_[key])
    assert 0.5 < by_name.best_score_ < 1
    assert np.isnan(by_function.cv_results_["mean_test_score_task0"]).all()
    loss = search(X, Y, scoring="neg_log_loss", **params).cv_results_
    mine = search(X, Y, **params).cv_results_
    for key in ("mean_test_score", "mean_test_score_task4"):
        np.testing.assert_allclose(mine[key], loss[key])
    alone = per_task_scorers("accuracy", 5)["task1"]
    search(X, Y, scoring=alone, **params)
    marked = np.where(np.isnan(Y), -1, Y)
    same = search(X, marked, scoring="roc_auc", missing_label=-1, **params)
    assert same.best_score_ == by_name.best_score_


def test_labels_and_frames(classes):
    X, Y = classes
    inputs = pd.DataFrame(X, columns=[f"x{j}" for j in range(12)])
    names = pd.DataFrame(
        np.where(np.isnan(Y), None, np.where(Y > 0, "good", "bad")),
        columns=list("abcde"),
    )
    params = {"MTL": RegularizedMTLClassifierCV, "alphas": 3, "cv": 3, "tol": 1e-4}
    clf = search(inputs, names, scoring="accuracy", random_state=0, **params)
    assert set(clf.predict(inputs)[:, 0]) == {"good", "bad"}
    assert clf.score(inputs, names[list("edcba")]) > 0.7
    assert list(clf.feature_names_in_) == list(inputs)
    same = search(X, np.where(np.isnan(Y), np.nan, Y > 0), random_state=0, **params)
    np.testing.assert_allclose(same.coef_[0], clf.coef_[0], atol=1e-2)


@pytest.mark.parametrize("MTL", BOTH)
def test_missing_is_weight_zero(missing, classes, MTL):
    X, Y = missing if MTL is RegularizedMTLRegressorCV else classes
    params = {"MTL": MTL, "cv": 3, "random_state": 0, "alphas": 3, "eps": 0.2}
    found = search(X, Y, **params)
    weights = (~np.isnan(Y)).astype(float)
    filled = np.where(np.isnan(Y), np.nanmin(Y, axis=0), Y)
    same = search(X, filled, sample_weight=weights, **params)
    scores = same.cv_results_["mean_test_score"]
    np.testing.assert_array_equal(found.cv_results_["mean_test_score"], scores)
    scaled = search(X, Y, sample_weight=np.full(len(X), 7.0), **params)
    np.testing.assert_allclose(scaled.cv_results_["mean_test_score"], scores)


def test_splitters(missing):
    X, Y = missing
    rows = np.arange(len(X))
    masks = [(rows % 2 == 0, rows % 2 == 1), (rows % 2 == 1, rows % 2 == 0)]
    numbers = [(rows[train], rows[test]) for train, test in masks]
    scores = [
        search(X, Y, cv=cv).cv_results_["mean_test_score"]
        for cv in (masks, numbers, iter(numbers))
    ]
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_array_equal(scores[0], scores[2])
    for cv in (2, None, ShuffleSplit(3, random_state=0), MultiTaskKFold(3)):
        results = search(X, Y, cv=cv, alphas=2).cv_results_
        n_splits = {2: 2, None: 5}.get(cv if not hasattr(cv, "split") else 3, 3)
        assert f"split{n_splits - 1}_test_score" in results
        assert f"split{n_splits}_test_score" not in results
    folds = [
        search(X, Y, cv=3, random_state=s, alphas=2).best_score_ for s in (0, 0, 1)
    ]
    assert folds[0] == folds[1] != folds[2]


def test_groups_are_routed(missing):
    X, Y = missing
    groups = np.arange(len(X)) % 10
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        RegularizedMTLRegressorCV(cv=GroupKFold(3)).fit(X, Y, groups=groups)
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = make_multitask_scorer("r2").set_score_request(sample_weight=True)
        reg = RegularizedMTLRegressorCV(cv=GroupKFold(3), alphas=3, scoring=scorer)
        reg.set_fit_request(sample_weight=True)
        found = reg.fit(X, Y, groups=groups, sample_weight=np.ones(len(X)))
    splits = list(GroupKFold(3).split(X, Y, groups))
    same = search(X, Y, cv=splits, alphas=3, scoring="r2", eps=1e-3, tol=1e-6)
    assert found.best_score_ == pytest.approx(same.best_score_)


@pytest.mark.parametrize("MTL", BOTH)
def test_tasks_that_are_not_in_every_fold(missing, classes, MTL):
    """They are left out of a fold that has no label to learn from, or to score."""
    X, Y = missing if MTL is RegularizedMTLRegressorCV else classes
    Y[20:, 0] = np.nan
    params = {"MTL": MTL, "cv": KFold(4), "alphas": 3, "eps": 0.3, "tol": 1e-3}
    with pytest.warns(UndefinedMetricWarning, match="no held-out score .*'task0'"):
        found = search(X, Y, **params)
    assert np.isfinite(found.best_score_)
    assert np.isnan(found.cv_results_["mean_test_score_task0"]).all()
    rest = search(X[20:], Y[20:, 1:], **{**params, "cv": KFold(3)})
    assert np.isfinite(rest.best_score_)
    with pytest.warns(UndefinedMetricWarning, match="'task0'"):
        both = search(X, Y, scoring="r2" if MTL in list(BOTH)[:1] else None, **params)
    assert np.isfinite(both.best_score_)


@pytest.mark.parametrize("MTL", BOTH)
@pytest.mark.parametrize("name", ["l21", "ridge", "squared_trace"])
def test_a_fold_without_any_label_to_learn_from(missing, classes, MTL, name):
    X, Y = missing if MTL is RegularizedMTLRegressorCV else classes
    Y[:20] = np.nan
    rows = np.arange(len(X))
    empty, good = (rows[:20], rows[20:]), (rows[20:60], rows[60:])
    params = {"MTL": MTL, "alphas": 2, "eps": 0.3, "tol": 1e-3}
    found = search(X, Y, name, cv=[empty, good], **params)
    assert np.isnan(found.cv_results_["split0_test_score"]).all()
    same = search(X, Y, name, cv=[good], **params)
    assert found.best_params_ == same.best_params_
    assert found.best_score_ == pytest.approx(same.best_score_)


def test_classes_that_are_not_in_every_fold():
    """A label of a class that the training part lacks is not scored."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((60, 4))
    y = (X[:, 0] > 0).astype(int)
    rare = y.copy()
    rare[:3] = 2
    params = {"MTL": RegularizedMTLClassifierCV, "cv": KFold(3), "alphas": 4}
    Y = np.column_stack([rare, y])
    found = search(X, Y, tol=1e-5, eps=0.1, **params)
    assert found.best_score_ > -1.0
    # One class in a training part: nothing to learn.
    y[:], y[:20] = 0, rng.randint(2, size=20)
    found = search(X, np.column_stack([y, rare]), tol=1e-5, eps=0.1, **params)
    assert np.isfinite(found.best_score_)


def test_few_labels():
    X = np.arange(12.0).reshape(6, 2)
    Y = np.full((6, 2), np.nan)
    Y[:, 0], Y[3, 1] = X[:, 0] ** 2, 1.0
    with pytest.warns(UndefinedMetricWarning, match="no held-out score .*'task1'"):
        reg = search(X, Y, cv=3, random_state=0)
    np.testing.assert_array_equal(reg.coef_[1], 0)
    constant = search(X, np.ones((6, 2)), cv=3)
    np.testing.assert_array_equal(constant.coef_, 0)
    assert constant.best_score_ == 0
    zeros = search(np.zeros((6, 2)), Y[:, :1], cv=3)
    np.testing.assert_array_equal(zeros.coef_, 0)
    with pytest.warns(UserWarning, match="one class only"):
        clf = search(X, ["a"] * 6, MTL=RegularizedMTLClassifierCV, cv=3)
    assert set(clf.predict(X)) == {"a"}
    with pytest.raises(ValueError, match="minimum of 2 is required"):
        search(X[:1], Y[:1, :1])
    with pytest.raises(ValueError, match="'n_splits' parameter of MultiTaskKFold"):
        search(X[:4], Y[:4, :1], cv=None)


def test_says_what_did_not_converge(missing):
    X, Y = missing
    with pytest.warns(ConvergenceWarning) as caught:
        search(X, Y, "trace", alphas=3, max_iter=2, tol=1e-9)
    pattern = re.compile("did not converge in [6-9] of 9 fits of the cross-validation")
    assert any(pattern.search(str(w.message)) for w in caught)
    assert all(w.filename == __file__ for w in caught)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"alphas": 0}, "'alphas' parameter of RegularizedMTLRegressorCV must be"),
        ({"alphas": []}, "'alphas' parameter"),
        ({"alphas": [0.1, -1]}, "'alphas' parameter"),
        ({"alphas": [0.1, np.nan]}, "'alphas' parameter"),
        ({"alphas": ["a"]}, "'alphas' parameter"),
        ({"eps": 1.0}, "'eps' parameter"),
        ({"cv": "five"}, "'cv' parameter"),
        ({"cv": []}, "'cv' parameter .* must be one split or more, got none"),
        ({"n_jobs": 0.5}, "'n_jobs' parameter"),
        ({"scoring": "accuraci"}, "'scoring' parameter .*did you mean 'accuracy'"),
        ({"scoring": per_task_scorers("r2", 5)}, "'scoring' .* got a dict of scorers"),
        ({"param_grid": "all"}, "'param_grid' parameter"),
        ({"param_grid": {"alpha": [1.0]}}, "'param_grid' .* got 'alpha'"),
        ({"param_grid": {"weight": [1.0]}}, "Invalid parameter 'weight'"),
        ({"penalty": "cluster", "param_grid": {"n_clusters": [6]}}, "at most the num"),
        ({"penalty": "l12"}, "'penalty' .* RegularizedMTLRegressorCV"),
        ({"penalty": "trace", "solver": "closed_form"}, "'solver' parameter"),
        ({"penalty": "trace", "positive": True}, "'positive' parameter"),
    ],
)
def test_bad_parameters(missing, params, message):
    with pytest.raises(ValueError, match=message):
        RegularizedMTLRegressorCV(**params).fit(*missing)
