import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.utils import check_random_state
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.ensemble import MultiTaskForestClassifier, MultiTaskForestRegressor

FORESTS = [MultiTaskForestClassifier, MultiTaskForestRegressor]
RANDOM_FOREST = {"splitter": "best", "max_features": "sqrt", "bootstrap": True}
EXTRA_TREES = {"splitter": "random", "max_features": "sqrt", "bootstrap": False}
# All features and thresholds are tried, so that a tree has nothing random.
ONE_TREE = {
    "n_estimators": 1,
    "splitter": "best",
    "max_features": None,
    "shrinkage": 0.0,
}


def expected_failures(estimator):
    """Return the checks that cannot pass, as they do not for RandomForestClassifier."""
    if not estimator.bootstrap:
        return {}
    reason = "a row of weight 2 is not drawn as two rows are"
    return {
        "check_sample_weight_equivalence_on_dense_data": reason,
        "check_sample_weight_equivalence_on_sparse_data": reason,
    }


@parametrize_with_checks(
    [
        Forest(n_estimators=5, random_state=0, **params)
        for Forest in FORESTS
        for params in ({}, RANDOM_FOREST)
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def digits():
    """Three tasks of 10, 2 and 2 classes."""
    X, Y = load_digits_tasks(return_X_y=True)
    rows = np.random.RandomState(0).permutation(len(X))
    X, Y = X[rows], Y[rows].astype(float)
    return X[:400], Y[:400], X[400:800], Y[400:800]


@pytest.fixture(scope="module")
def data():
    """Three tasks of different classes; half the labels are missing."""
    X, y = make_classification(
        150, n_informative=5, n_classes=3, n_clusters_per_class=1, random_state=0
    )
    Y = np.column_stack([y, X[:, 0] > 0, X[:, 1] > 0.5]).astype(float)
    Y[np.random.RandomState(0).rand(*Y.shape) < 0.5] = np.nan
    return X, Y


def drop_labels(Y, fraction, seed=0):
    Y = Y.copy()
    Y[np.random.RandomState(seed).rand(*Y.shape) < fraction] = np.nan
    return Y


# What it is with complete labels


@pytest.mark.parametrize(
    ("params", "Other"),
    [(RANDOM_FOREST, RandomForestClassifier), (EXTRA_TREES, ExtraTreesClassifier)],
    ids=["random_forest", "extra_trees"],
)
def test_is_the_forest_of_scikit_learn(digits, params, Other):
    X, Y, X_test, _ = digits
    other = Other(20, random_state=0).fit(X, Y)
    forest = MultiTaskForestClassifier(20, shrinkage=0, random_state=0, **params)
    forest.fit(X, Y)
    for p, expected in zip(
        forest.predict_proba(X_test), other.predict_proba(X_test), strict=True
    ):
        np.testing.assert_allclose(p, expected, atol=1e-15)
    np.testing.assert_array_equal(forest.predict(X_test), other.predict(X_test))
    np.testing.assert_array_equal(forest.apply(X_test), other.apply(X_test))
    np.testing.assert_allclose(
        forest.feature_importances_, other.feature_importances_, atol=1e-15
    )


@pytest.mark.parametrize(
    ("params", "Other"),
    [(RANDOM_FOREST, RandomForestRegressor), (EXTRA_TREES, ExtraTreesRegressor)],
    ids=["random_forest", "extra_trees"],
)
def test_is_the_forest_of_scikit_learn_for_whole_numbers(params, Other):
    """Of others rounding decides between splits that are equally good."""
    X, y = make_regression(200, 8, noise=10, random_state=0)
    y = np.round(y)
    other = Other(20, max_features="sqrt", random_state=0).fit(X[:150], y[:150])
    forest = MultiTaskForestRegressor(20, shrinkage=0, random_state=0, **params)
    predicted = forest.fit(X[:150], y[:150]).predict(X[150:])
    np.testing.assert_allclose(predicted, other.predict(X[150:]), rtol=1e-6)


def test_targets_are_in_units_of_their_standard_deviation():
    X, Y = make_regression(200, 8, n_targets=3, noise=10, random_state=0)
    params = {"min_samples_leaf": 5, "max_features": 1.0, "random_state": 0}
    other = ExtraTreesRegressor(20, **params).fit(X[:150], Y[:150] / Y[:150].std(0))
    forest = MultiTaskForestRegressor(20, shrinkage=0, **params)
    predicted = forest.fit(X[:150], Y[:150]).predict(X[150:])
    expected = other.predict(X[150:]) * Y[:150].std(0)
    np.testing.assert_allclose(predicted, expected, rtol=1e-4)


@pytest.mark.parametrize(
    "make",
    [
        lambda z: 1e8 + z,
        lambda z: 1e8 + 1e6 * z,
        lambda z: np.exp(2 * z),
        lambda z: np.c_[1e-8 * z, 1e8 + z],
        lambda z: np.c_[1e6 * z, np.where(z > 0, 1e8 + z, np.nan)],
    ],
    ids=["far", "far_and_wide", "skewed", "two_tasks", "masked"],
)
def test_targets_are_learnt_to_the_last_digits(make):
    """Trees that are grown to the end say what each row of training has."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(100, 4)), make(rng.normal(size=100))
    predicted = MultiTaskForestRegressor(5, random_state=0).fit(X, Y).predict(X)
    known = ~np.isnan(Y)
    np.testing.assert_allclose(predicted[known], Y[known], rtol=1e-11)


# Missing labels and weights


@settings(max_examples=15, deadline=None)
@given(
    Y=arrays(np.float64, (20, 2), elements=st.sampled_from([0.0, 1.0, 2.0])),
    missing=arrays(bool, (20, 2)),
    Forest=st.sampled_from(FORESTS),
)
def test_missing_is_weight_0(Y, missing, Forest):
    """Exactly, for any pattern that leaves every task a label."""
    missing[:2], Y[:2] = False, [[0, 1], [1, 2]]
    X = np.random.RandomState(0).normal(size=(20, 3))
    forest = Forest(3, bootstrap=True, random_state=0)
    expected = forest.fit(X, np.where(missing, np.nan, Y)).predict(X)
    for fitted in (
        clone(forest).set_params(missing_label=-1).fit(X, np.where(missing, -1, Y)),
        clone(forest).fit(X, Y, sample_weight=np.where(missing, 0.0, 1.0)),
    ):
        np.testing.assert_array_equal(fitted.predict(X), expected)


@pytest.mark.parametrize("Forest", FORESTS)
def test_rows_without_labels_teach_nothing(data, Forest):
    X, Y = data
    forest = Forest(5, bootstrap=True, random_state=0)
    labelled = ~np.isnan(Y).all(axis=1)
    assert not labelled.all()
    expected = clone(forest).fit(X[labelled], Y[labelled]).predict(X)
    np.testing.assert_array_equal(forest.fit(X, Y).predict(X), expected)


@pytest.mark.parametrize("Forest", FORESTS)
def test_weight_is_repetition(data, Forest):
    X, Y = data
    rng = np.random.RandomState(0)
    weight = rng.randint(0, 3, len(X))
    forest = Forest(**ONE_TREE, random_state=0)
    repeated = np.repeat(np.arange(len(X)), weight)
    expected = forest.fit(X[repeated], Y[repeated]).predict(X)
    weighted = clone(forest).fit(X, Y, sample_weight=weight).predict(X)
    np.testing.assert_allclose(weighted, expected, rtol=1e-5, atol=1e-12)


def test_leaf_without_labels_has_the_value_above():
    """The second task has no label on the right, where the first one is known."""
    X = np.arange(8.0)[:, np.newaxis]
    Y = np.array([[0] * 4 + [1] * 4, [5, 5, 7, 7] + [np.nan] * 4]).T
    tree = MultiTaskForestClassifier(**ONE_TREE).fit(X, Y)
    np.testing.assert_array_equal(tree.predict(X)[:, 0], Y[:, 0])
    expected = [[1, 0]] * 2 + [[0, 1]] * 2 + [[0.5, 0.5]] * 4
    np.testing.assert_array_equal(tree.predict_proba(X)[1], expected)


def test_values_lean_on_those_above():
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    y = [0, 1, 1, 1]
    tree = MultiTaskForestClassifier(**{**ONE_TREE, "shrinkage": 2.0}).fit(X, y)
    # The root has one 0 of four labels; the leaves have one label, and three.
    expected = [[(1 + 2 / 4) / 3]] + [[(0 + 2 / 4) / 5]] * 3
    np.testing.assert_allclose(tree.predict_proba(X)[:, :1], expected, rtol=1e-6)


def test_task_that_no_sample_has_a_label_of():
    X = np.random.RandomState(0).normal(size=(50, 2))
    Y = np.column_stack([X[:, 0] > 0, np.full(50, np.nan)]).astype(float)
    Y[:3, 1] = [0, 0, 1]
    forest = MultiTaskForestClassifier(
        30, bootstrap=True, max_samples=10, shrinkage=0, random_state=0
    )
    probabilities = forest.fit(X, Y).predict_proba(X)[1]
    assert np.isfinite(probabilities).all()
    # Most trees have seen none of the three labels, and know their mean alone.
    np.testing.assert_allclose(probabilities.mean(axis=0), [2 / 3, 1 / 3], atol=0.15)


def test_few_labels_cost_little(digits):
    X, Y, X_test, Y_test = digits
    forest = MultiTaskForestClassifier(50, random_state=0)
    complete = forest.fit(X, Y).score(X_test, Y_test)
    half = forest.fit(X, drop_labels(Y, 0.5)).score(X_test, Y_test)
    fifth = forest.fit(X, drop_labels(Y, 0.8)).score(X_test, Y_test)
    assert complete > 0.93
    assert complete - half < 0.04
    assert complete - fifth < 0.13


def test_each_row_of_one_task():
    """Tasks that are alike help each other, though no row has the label of two."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(1200, 20))
    y = (X[:, 0] * X[:, 1] > 0).astype(float)
    Y, task = np.full((600, 6), np.nan), rng.randint(6, size=600)
    Y[np.arange(600), task] = np.where(task % 2, y[:600], 1 - y[:600])
    forest = MultiTaskForestClassifier(random_state=0, max_features=None)
    forest.fit(X[:600], Y)
    expected = np.where(np.arange(6) % 2, y[600:, np.newaxis], 1 - y[600:, np.newaxis])
    assert forest.score(X[600:], expected) > 0.75


# Weights of tasks and classes


def test_tasks_of_weight_0_have_no_say_in_the_splits(data):
    X, Y = data
    forest = MultiTaskForestClassifier(5, task_weights=[0, 1, 0], random_state=0)
    expected = forest.fit(X, Y).apply(X)
    np.testing.assert_allclose(
        forest.feature_importances_, forest.task_feature_importances_[1]
    )
    shuffled = Y.copy()
    shuffled[:, [0, 2]] = shuffled[::-1, [0, 2]]
    # Rows without any label are left out: keep the same ones.
    shuffled[np.isnan(Y).all(axis=1)] = np.nan
    shuffled[:, 2] = np.where(np.isnan(Y).all(axis=1), np.nan, 1 + (X[:, 3] > 0))
    by_name = pd.DataFrame(shuffled, columns=["a", "b", "c"])
    forest.set_params(task_weights={"a": 0, "c": 0}).fit(X, by_name)
    np.testing.assert_array_equal(forest.apply(X), expected)


def test_class_weights_are_weights_of_labels(data):
    X, Y = data
    forest = MultiTaskForestClassifier(5, random_state=0)
    weight = np.where(Y == 1, 5.0, 1.0)
    weight[:, 2] = 1
    by_class = clone(forest).set_params(class_weight=[{1: 5}, {1: 5}, None])
    for p, expected in zip(
        by_class.fit(X, Y).predict_proba(X),
        forest.fit(X, Y, sample_weight=weight).predict_proba(X),
        strict=True,
    ):
        np.testing.assert_array_equal(p, expected)


def test_balanced_classes_have_even_odds_at_the_root(data):
    X, Y = data
    forest = MultiTaskForestClassifier(1, max_depth=1, class_weight="balanced")
    forest.set_params(min_samples_leaf=60).fit(X, Y)
    for p in forest.predict_proba(X):
        assert np.abs(p - 1 / p.shape[1]).max() < 0.35


# Inputs


@pytest.mark.parametrize("Forest", FORESTS)
@pytest.mark.parametrize("splitter", ["best", "random"])
@pytest.mark.parametrize("fraction", [0, 0.4])
def test_missing_values(Forest, splitter, fraction):
    """That a value is missing tells as much as a value does."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 4))
    Y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(float)
    X[Y[:, 1] == 1, 1] = np.nan
    X[rng.rand(300) < 0.2, 2] = np.nan
    forest = Forest(20, splitter=splitter, random_state=0)
    forest.fit(X[:200], drop_labels(Y[:200], fraction))
    accuracy = (np.round(forest.predict(X[200:])) == Y[200:]).mean(axis=0)
    assert accuracy[1] == 1
    assert accuracy[0] > 0.85


@pytest.mark.parametrize("Forest", FORESTS)
@pytest.mark.parametrize("splitter", ["best", "random"])
def test_sparse_inputs(Forest, splitter):
    rng = np.random.RandomState(0)
    X = np.where(rng.rand(200, 30) < 0.15, rng.normal(size=(200, 30)), 0)
    Y = np.column_stack([X[:, 0] > 0, X[:, 1] > X[:, 2]]).astype(float)
    complete = Forest(20, splitter=splitter, random_state=0)
    assert complete.fit(sparse.csr_array(X), Y).score(sparse.csr_array(X), Y) > 0.8
    Y = drop_labels(Y, 0.4)
    forest = Forest(10, splitter=splitter, random_state=0).fit(X, Y)
    for matrix in (sparse.csr_matrix(X), sparse.csc_array(X), sparse.coo_array(X)):
        same = clone(forest).fit(matrix, Y)
        np.testing.assert_array_equal(same.predict(matrix), forest.predict(X))
    matrix.data[0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        forest.fit(matrix, Y)


def test_labels_of_every_type():
    X = np.arange(12.0)[:, np.newaxis]
    Y = np.empty((12, 3), dtype=object)
    Y[:, 0] = ["no"] * 6 + ["yes"] * 6
    Y[:, 1] = [1] * 3 + [None] + [2] * 4 + [3] * 4
    Y[:, 2] = [False] * 4 + [True] * 8
    forest = MultiTaskForestClassifier(**ONE_TREE).fit(X, Y)
    predicted = forest.predict(X)
    Y[3, 1] = predicted[3, 1]
    np.testing.assert_array_equal(predicted, Y)
    assert [type(label) for label in predicted[0]] == [str, int, bool]
    assert [known.tolist() for known in forest.classes_] == [
        ["no", "yes"],
        [1, 2, 3],
        [False, True],
    ]


def test_frames_name_the_tasks(data):
    X, Y = data
    frame = pd.DataFrame(Y, columns=["a", "b", "c"])
    forest = MultiTaskForestClassifier(5, random_state=0).fit(pd.DataFrame(X), frame)
    assert forest.task_names_.tolist() == ["a", "b", "c"]
    assert forest.n_tasks_ == forest.n_outputs_ == 3
    assert forest.score(X, frame[["c", "a", "b"]]) == forest.score(X, frame)


def test_task_of_one_class(data):
    X, Y = data
    Y = np.column_stack([Y, np.full(len(Y), 7.0)])
    with pytest.warns(UserWarning, match="'task3' .* one class only, 7.0"):
        forest = MultiTaskForestClassifier(3, random_state=0).fit(X, Y)
    assert (forest.predict(X)[:, 3] == 7).all()
    assert (forest.predict_proba(X)[3] == 1).all()
    assert (forest.task_feature_importances_[3] == 0).all()


def test_constant_target(data):
    X, _ = data
    Y = np.column_stack([X[:, 0], np.full(len(X), 1e9)])
    reg = MultiTaskForestRegressor(3, random_state=0).fit(X, Y)
    np.testing.assert_array_equal(reg.predict(X)[:, 1], 1e9)


# What else it tells


def test_importances_of_each_task():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 5))
    Y = drop_labels(np.column_stack([X[:, 1] > 0, X[:, 3] > 0]).astype(float), 0.3)
    forest = MultiTaskForestClassifier(30, random_state=0).fit(X, Y)
    importances = forest.task_feature_importances_
    np.testing.assert_allclose(importances.sum(axis=1), 1)
    np.testing.assert_array_equal(importances.argmax(axis=1), [1, 3])
    assert importances.max(axis=1).min() > 0.6
    assert set(np.argsort(forest.feature_importances_)[-2:]) == {1, 3}
    assert forest.feature_importances_.sum() == pytest.approx(1)


def test_oob_score(digits):
    X, Y, X_test, Y_test = digits
    forest = MultiTaskForestClassifier(
        50, **RANDOM_FOREST, oob_score=True, random_state=0
    )
    forest.fit(X, drop_labels(Y, 0.3))
    fresh = forest.score_tasks(X_test, Y_test)
    assert list(forest.oob_score_tasks_) == list(fresh)
    for task, score in forest.oob_score_tasks_.items():
        assert abs(score - fresh[task]) < 0.08
    assert forest.oob_score_ == pytest.approx(
        np.mean(list(forest.oob_score_tasks_.values()))
    )


def test_oob_score_is_that_of_scikit_learn():
    X, y = make_classification(300, random_state=0)
    other = RandomForestClassifier(40, oob_score=True, random_state=0).fit(X, y)
    forest = MultiTaskForestClassifier(
        40, **RANDOM_FOREST, oob_score=True, shrinkage=0, random_state=0
    )
    assert forest.fit(X, y).oob_score_ == pytest.approx(other.oob_score_)


@pytest.fixture(params=FORESTS)
def two_trees(request):
    """A forest, and which of 60 rows are in the samples of both its trees."""
    forest = request.param(2, bootstrap=True, oob_score=True, random_state=0)
    in_all = np.array([counts for counts, _ in forest._draw(60)]).all(axis=0)
    return forest, in_all


def test_rows_in_all_samples_have_no_oob_score(digits, two_trees):
    X, Y, _, _ = digits
    forest, in_all = two_trees
    message = f"^{in_all.sum()} of 60 rows are in the samples of all trees of MultiTask"
    with pytest.warns(UserWarning, match=message) as caught:
        forest.fit(X[:60], Y[:60])
    assert caught[0].filename == __file__
    assert np.isfinite([*forest.oob_score_tasks_.values()]).all()


@pytest.mark.filterwarnings("ignore:.* rows are in the samples")
def test_task_without_a_label_out_of_bag(digits, two_trees):
    X, Y, _, _ = digits
    forest, in_all = two_trees
    Y = Y[:60].copy()
    Y[~in_all, 1:] = np.nan
    with pytest.warns(UndefinedMetricWarning, match=r"'task1'.* \(no labels\)"):
        forest.fit(X[:60], Y)
    first, *others = forest.oob_score_tasks_.values()
    assert np.isnan(others).all()
    assert forest.oob_score_ == first


@pytest.mark.parametrize("Forest", FORESTS)
def test_no_row_out_of_bag(Forest):
    X, Y = np.array([[0.0], [1.0]]), np.array([[0, 1], [1, 0]])
    forest = Forest(1, bootstrap=True, oob_score=True, max_samples=500, random_state=0)
    with pytest.warns(UserWarning, match="2 of 2 rows") as caught:
        forest.fit(X, Y)
    assert len(caught) == 1
    assert np.isnan([forest.oob_score_, *forest.oob_score_tasks_.values()]).all()
    assert [*forest.oob_score_tasks_] == ["task0", "task1"]


# An estimator like others


@pytest.mark.parametrize("Forest", FORESTS)
@pytest.mark.parametrize("fraction", [0, 0.4])
def test_threads_change_nothing(digits, Forest, fraction):
    X, Y, X_test, _ = digits
    Y = drop_labels(Y, fraction)
    forest = Forest(8, random_state=0)
    expected = forest.fit(X, Y).predict(X_test)
    same = clone(forest).set_params(n_jobs=3).fit(X, Y)
    np.testing.assert_array_equal(same.predict(X_test), expected)
    with parallel_config("loky", n_jobs=2):
        same = clone(forest).fit(X, Y).predict(X_test)
    np.testing.assert_array_equal(same, expected)


def test_global_random_state_is_left_alone(data):
    before = check_random_state(None).get_state()[1].copy()
    MultiTaskForestClassifier(3, bootstrap=True, random_state=0).fit(*data)
    np.testing.assert_array_equal(check_random_state(None).get_state()[1], before)


def test_pickle(data):
    X, Y = data
    forest = MultiTaskForestClassifier(5, random_state=0).fit(X, Y)
    again = pickle.loads(pickle.dumps(forest))
    np.testing.assert_array_equal(again.predict(X), forest.predict(X))


def test_grid_search(data):
    X, Y = data
    grid = {"min_samples_leaf": [1, 70], "task_weights": [None, [1, 2, 3]]}
    search = GridSearchCV(
        MultiTaskForestClassifier(5, random_state=0), grid, cv=KFold(3)
    ).fit(X, Y)
    assert search.best_params_["min_samples_leaf"] == 1
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_score_is_the_mean_over_tasks(data):
    X, Y = data
    forest = MultiTaskForestClassifier(5, max_depth=3, random_state=0).fit(X, Y)
    predicted, seen = forest.predict(X), ~np.isnan(Y)
    expected = [
        accuracy_score(Y[seen[:, t], t], predicted[seen[:, t], t]) for t in range(3)
    ]
    assert list(forest.score_tasks(X, Y).values()) == pytest.approx(expected)
    assert forest.score(X, Y) == pytest.approx(np.mean(expected))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"splitter": "rnd"}, r"'splitter' .* 'rnd' \(did you mean 'random'\?\)"),
        ({"oob_score": True}, "'oob_score' .* must be False with bootstrap=False"),
        ({"max_samples": 0.5}, "'max_samples' .* must be None with bootstrap=False"),
        ({"max_features": 0.0}, "'max_features'"),
        ({"shrinkage": -1}, "'shrinkage'"),
        ({"class_weight": {"task9": {}}}, "'class_weight' .* got 'task9'"),
        ({"task_weights": [1, 2]}, "'task_weights' .* length 3"),
    ],
    ids=str,
)
def test_errors(data, params, message):
    with pytest.raises(ValueError, match=message):
        MultiTaskForestClassifier(**params).fit(*data)


def test_infinite_inputs_and_unlabelled_tasks(data):
    X, Y = data
    forest = MultiTaskForestClassifier()
    with pytest.raises(ValueError, match="infinity"):
        forest.fit(np.where(X > 2, np.inf, X), Y)
    Y = Y.copy()
    Y[:, 1] = np.nan
    with pytest.raises(ValueError, match="got none for 'task1'"):
        forest.fit(X, Y)
