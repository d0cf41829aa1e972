import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_iris,
    make_multilabel_classification,
)
from sklearn.metrics import log_loss
from xgboost import XGBClassifier

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.ensemble import MultiTaskBoostingClassifier

PARAMS = {"n_estimators": 15, "max_depth": 4, "max_bin": 64, "random_state": 3}
SAMPLED = {"subsample": 0.7, "colsample_bytree": 0.8, "colsample_bynode": 0.5}


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris])
@pytest.mark.parametrize("sampled", [{}, SAMPLED], ids=["all", "sampled"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_single_task_is_that_of_xgboost(load, sampled, weighted):
    X, y = load(return_X_y=True)
    weight = np.random.RandomState(0).uniform(size=len(X)) if weighted else None
    other = XGBClassifier(**PARAMS, **sampled, learning_rate=0.1, n_jobs=1)
    boosting = MultiTaskBoostingClassifier(**PARAMS, **sampled, early_stopping=False)
    np.testing.assert_allclose(
        boosting.fit(X, y, sample_weight=weight).predict_proba(X),
        other.fit(X, y, sample_weight=weight).predict_proba(X),
        atol=1e-6,
    )


def test_importances_of_a_single_task_are_those_of_xgboost():
    X, y = load_iris(return_X_y=True)
    boosting = MultiTaskBoostingClassifier(**PARAMS, early_stopping=False).fit(X, y)
    other = XGBClassifier(
        **PARAMS, learning_rate=0.1, n_jobs=1, importance_type="total_gain"
    )
    expected = other.fit(X, y).feature_importances_
    np.testing.assert_allclose(boosting.feature_importances_, expected, atol=1e-5)
    np.testing.assert_array_equal(
        boosting.task_feature_importances_[0], boosting.feature_importances_
    )


def test_a_task_beside_constant_ones_is_that_of_xgboost():
    X, y = load_breast_cancer(return_X_y=True)
    Y = np.column_stack([np.ones(len(y)), y])
    boosting = MultiTaskBoostingClassifier(**PARAMS, early_stopping=False)
    with pytest.warns(UserWarning, match="'task0' .* one class only, 1.0"):
        constant, p = boosting.fit(X, Y).predict_proba(X)
    other = XGBClassifier(**PARAMS, learning_rate=0.1, n_jobs=1)
    np.testing.assert_allclose(p, other.fit(X, y).predict_proba(X), atol=1e-6)
    np.testing.assert_array_equal(constant, np.ones((len(X), 1)))
    assert boosting.best_iterations_.tolist() == [0, 15]
    assert not boosting.task_feature_importances_[0].any()


def test_all_outputs_of_complete_labels_are_those_of_xgboost():
    X, Y = make_multilabel_classification(200, 20, n_classes=5, random_state=0)
    boosting = MultiTaskBoostingClassifier(
        **PARAMS, min_child_weight=1, early_stopping=False, n_directions=None
    )
    other = XGBClassifier(
        **PARAMS, learning_rate=0.1, n_jobs=1, multi_strategy="multi_output_tree"
    )
    np.testing.assert_allclose(
        np.column_stack([p[:, 1] for p in boosting.fit(X, Y).predict_proba(X)]),
        other.fit(X, Y).predict_proba(X),
        atol=1e-6,
    )


@pytest.fixture(scope="module")
def digits():
    """Three tasks of 10, 2 and 2 classes."""
    X, Y = load_digits_tasks(return_X_y=True)
    rows = np.random.RandomState(0).permutation(len(X))
    X, Y = X[rows], Y[rows].astype(float)
    return X[:400], Y[:400], X[400:800], Y[400:800]


@pytest.mark.parametrize("n_directions", [1, 3])
def test_digits(digits, n_directions):
    X, Y, X_test, Y_test = digits
    boosting = MultiTaskBoostingClassifier(
        60, n_members=2, n_directions=n_directions, random_state=0
    )
    assert boosting.fit(X, Y).score(X_test, Y_test) > 0.88
    dropped = Y.copy()
    dropped[np.random.RandomState(0).uniform(size=Y.shape) < 0.5] = np.nan
    assert clone(boosting).fit(X, dropped).score(X_test, Y_test) > 0.82


def test_loss_of_the_history_is_that_of_unseen_rows(digits):
    X, Y, X_test, Y_test = digits
    boosting = MultiTaskBoostingClassifier(60, random_state=0).fit(X, Y)
    losses = {
        task: min(row[f"valid_loss_{task}"] for row in boosting.history_)
        for task in boosting.task_names_
    }
    for t, p in enumerate(boosting.predict_proba(X_test)):
        unseen = log_loss(Y_test[:, t], p)
        assert losses[f"task{t}"] == pytest.approx(unseen, rel=0.3)


def test_class_weights_are_weights_of_labels(digits):
    X, Y, X_test, _ = digits
    boosting = MultiTaskBoostingClassifier(5, n_members=2, random_state=0)
    weight = np.where(Y == 1, 5.0, 1.0)
    weight[:, 2] = 1
    by_class = clone(boosting).set_params(class_weight=[{1: 5}, {1: 5}, None])
    for p, expected in zip(
        by_class.fit(X, Y).predict_proba(X_test),
        boosting.fit(X, Y, sample_weight=weight).predict_proba(X_test),
        strict=True,
    ):
        np.testing.assert_array_equal(p, expected)


def test_balanced_classes_start_from_even_odds():
    rng = np.random.RandomState(0)
    X, Y = (
        rng.normal(size=(90, 2)),
        np.repeat([[0, 0], [0, 1], [1, 2]], [60, 10, 20], 0),
    )
    boosting = MultiTaskBoostingClassifier(class_weight="balanced", random_state=0)
    for p in boosting.fit(np.ones_like(X), Y).predict_proba(X):
        np.testing.assert_allclose(p, 1 / p.shape[1], rtol=1e-5)


def test_labels_of_every_type():
    X = np.repeat(np.arange(12.0), 5)[:, np.newaxis]
    Y = np.empty((60, 3), dtype=object)
    Y[:, 0] = ["no"] * 30 + ["yes"] * 30
    Y[:, 1] = [1] * 15 + [None] * 5 + [2] * 20 + [3] * 20
    Y[:, 2] = [False] * 20 + [True] * 40
    boosting = MultiTaskBoostingClassifier(30, early_stopping=False, random_state=0)
    predicted = boosting.fit(X, Y).predict(X)
    Y[15:20, 1] = predicted[15:20, 1]
    np.testing.assert_array_equal(predicted, Y)
    assert [type(label) for label in predicted[0]] == [str, int, bool]
    assert [known.tolist() for known in boosting.classes_] == [
        ["no", "yes"],
        [1, 2, 3],
        [False, True],
    ]


def test_only_tasks_of_one_class():
    X = np.random.RandomState(0).normal(size=(20, 2))
    boosting = MultiTaskBoostingClassifier()
    with pytest.warns(UserWarning, match="one class only"):
        boosting.fit(X, np.full((20, 2), "a"))
    assert (boosting.predict(X) == "a").all()
    assert boosting.n_iter_ == 0
    assert not boosting.feature_importances_.any()


def test_a_single_column_comes_back_as_one():
    X = np.random.RandomState(0).normal(size=(50, 2))
    y = (X[:, 0] > 0).astype(int)
    boosting = MultiTaskBoostingClassifier(5, random_state=0)
    (p,) = boosting.fit(X, y[:, np.newaxis]).predict_proba(X)
    assert boosting.predict(X).shape == (50, 1)
    np.testing.assert_array_equal(boosting.fit(X, y).predict_proba(X), p)
    assert boosting.predict(X).shape == (50,)


def test_yeast(shared_data):
    """Each of the 14 tasks is hard by itself; the constants are beaten on average."""
    data = shared_data("yeast")
    rows = np.random.RandomState(0).permutation(len(data["X"]))[:900]
    X, Y = data["X"][rows], data["Y"][rows]
    boosting = MultiTaskBoostingClassifier(
        100, n_members=2, learning_rate=0.2, max_bin=16, random_state=0
    )
    probabilities = boosting.fit(X[:600], Y[:600]).predict_proba(X[600:])
    ratios = [
        log_loss(y, p) / log_loss(y, np.full(len(y), train.mean()), labels=[0, 1])
        for y, p, train in zip(Y[600:].T, probabilities, Y[:600].T, strict=True)
    ]
    assert np.mean(ratios) < 0.95
    assert max(ratios) < 1.05
