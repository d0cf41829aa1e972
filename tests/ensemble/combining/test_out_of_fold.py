"""What candidates predict for rows that they were not fitted to."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, RepeatedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl.ensemble import (
    MultiTaskStackingClassifier,
    MultiTaskStackingRegressor,
)
from sklearn_mtl.ensemble._combining._out_of_fold import predict_out_of_fold

FOLDS = KFold(4, shuffle=True, random_state=0)


@pytest.fixture(scope="module")
def data():
    """Two tasks, of two and three classes; a third of the labels is missing."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(80, 3))
    Y = np.column_stack([X[:, 0] > 0, np.digitize(X[:, 1], [-0.5, 0.5])]).astype(float)
    Y[rng.uniform(size=Y.shape) < 0.3] = np.nan
    return X, Y


def predict(estimators, X, Y, cv=FOLDS, sample_weight=None, n_jobs=None):
    Stacking = MultiTaskStackingClassifier
    if not hasattr(estimators[0], "predict_proba"):
        Stacking = MultiTaskStackingRegressor
    named = [(f"c{j}", estimator) for j, estimator in enumerate(estimators)]
    candidates = Stacking(named, cv=cv)._read(X, Y, sample_weight)
    return predict_out_of_fold(candidates, n_jobs, verbose=0)


def test_complete_labels_are_cross_val_predict(data):
    X, _ = data
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    (task,) = predict([LogisticRegression(), GaussianNB()], X, y)
    assert task.rows.tolist() == list(range(80))
    assert task.labels.tolist() == y.tolist()
    for found, estimator in zip(
        task.responses, [LogisticRegression(), GaussianNB()], strict=True
    ):
        expected = cross_val_predict(estimator, X, y, cv=FOLDS, method="predict_proba")
        np.testing.assert_allclose(found, expected)


def test_quantities_are_one_column(data):
    X, _ = data
    (task,) = predict([Ridge()], X, X[:, 0])
    expected = cross_val_predict(Ridge(), X, X[:, 0], cv=FOLDS)
    np.testing.assert_allclose(task.responses[0][:, 0], expected)


def test_each_task_has_its_labelled_rows(data):
    X, Y = data
    tasks = predict([LogisticRegression()], X, Y)
    for t, task in enumerate(tasks):
        observed = ~np.isnan(Y[:, t])
        assert task.rows.tolist() == np.flatnonzero(observed).tolist()
        expected = np.empty((observed.sum(), len(np.unique(task.labels))))
        for train, test in FOLDS.split(X):
            train, test = train[observed[train]], test[observed[test]]
            alone = LogisticRegression().fit(X[train], Y[train, t])
            expected[np.searchsorted(task.rows, test)] = alone.predict_proba(X[test])
        np.testing.assert_allclose(task.responses[0], expected)


def test_nothing_leaks(data):
    """A model that knows its training rows by heart is at chance on random labels."""
    X, _ = data
    Y = np.random.RandomState(1).randint(0, 2, (80, 6))
    tasks = predict([DecisionTreeClassifier(random_state=0)], X, Y)
    right = [(task.responses[0].argmax(axis=1) == task.labels).mean() for task in tasks]
    assert np.mean(right) == pytest.approx(0.5, abs=0.08)


def test_class_that_a_training_part_lacks_has_no_probability(data):
    X, _ = data
    y = np.where(np.arange(80) < 20, 2, np.arange(80) % 2)
    (task,) = predict([LogisticRegression()], X, y, cv=KFold(4))
    assert (task.responses[0][:20, 2] == 0).all()
    assert (task.responses[0][20:, 2] > 0).all()
    np.testing.assert_allclose(task.responses[0].sum(axis=1), 1)


def test_task_that_a_training_part_lacks_is_left_out(data):
    X, Y = data
    Y = Y.copy()
    Y[20:, 1] = np.nan
    tasks = predict([LogisticRegression()], X, Y, cv=KFold(4))
    assert len(tasks[0].rows) == np.isfinite(Y[:, 0]).sum()
    assert tasks[1].responses.shape == (1, 0, 3)


def test_row_that_several_folds_test_counts_once(data):
    X, Y = data
    cv = RepeatedKFold(n_splits=4, n_repeats=3, random_state=0)
    for t, task in enumerate(predict([LogisticRegression()], X, Y, cv)):
        assert len(task.rows) == 3 * np.isfinite(Y[:, t]).sum()
        assert set(task.counts) == {1 / 3}


def test_weight_0_is_a_missing_label(data):
    X, Y = data
    weights = np.isfinite(Y) * np.random.RandomState(0).uniform(1, 2, Y.shape)
    filled = predict([LogisticRegression()], X, np.nan_to_num(Y), FOLDS, weights)
    missing = predict([LogisticRegression()], X, Y, FOLDS, weights)
    for a, b, weight in zip(filled, missing, weights.T, strict=True):
        np.testing.assert_array_equal(a.responses, b.responses)
        assert a.counts.tolist() == b.counts.tolist() == weight[weight > 0].tolist()


def test_in_parallel(data):
    X, Y = data
    estimators = [LogisticRegression(), GaussianNB()]
    pairs = zip(
        predict(estimators, X, Y), predict(estimators, X, Y, n_jobs=2), strict=True
    )
    for alone, parallel in pairs:
        np.testing.assert_array_equal(alone.responses, parallel.responses)


class _Diverging(Ridge):
    def predict(self, X):
        return np.full(len(X), np.nan)


def test_error_names_candidate_and_fold(data):
    X, _ = data
    with pytest.raises(ValueError, match="Predictions of 'task0' are not") as error:
        predict([_Diverging()], X, X[:, 0])
    (note,) = error.value.__notes__
    assert note == "While fitting 'c0' in fold 0, or predicting by it."
