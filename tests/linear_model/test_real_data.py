"""What the penalties bring on real data sets."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from sklearn_mtl.datasets import targets_from_long
from sklearn_mtl.linear_model import (
    RegularizedMTLClassifier,
    RegularizedMTLClassifierCV,
    RegularizedMTLRegressor,
    RegularizedMTLRegressorCV,
)
from sklearn_mtl.multioutput import IndependentTasksRegressor


def split(task, y, fraction, seed):
    """Draw training rows from each task, and each class of it."""
    rng = np.random.RandomState(seed)
    train = np.zeros(len(task), dtype=bool)
    strata = np.unique(np.column_stack([task, y]), axis=0, return_inverse=True)[1]
    for stratum in range(strata.max() + 1):
        rows = rng.permutation(np.flatnonzero(strata.ravel() == stratum))
        train[rows[: round(fraction * len(rows))]] = True
    return train


def standardise(X, train):
    mean, std = X[train].mean(axis=0), X[train].std(axis=0)
    return (X - mean) / np.where(std > 0, std, 1)


@pytest.fixture(scope="module")
def school(shared_data):
    """Exam scores in 139 schools: inputs and targets for the ten published splits."""
    data = shared_data("school_b_splits")
    task = np.unique(data["task"], return_inverse=True)[1]
    Y, _ = targets_from_long(data["y"].astype(float), task)
    X, bits = data["X"].astype(float), data["split_train_bits"]
    trains = np.unpackbits(bits, axis=1)[:, : len(X)].astype(bool)
    return [(standardise(X, train), Y, train, task) for train in trains]


def explained_variance(reg, school):
    """Return 100 (1 - SSE / SST) over the test rows of all tasks, mean over splits."""
    values = []
    for X, Y, train, task in school:
        y = Y[~train, task[~train]]
        predicted = reg.fit(X[train], Y[train]).predict(X[~train])
        errors = y - predicted[range(len(y)), task[~train]]
        values.append(100 * (1 - (errors**2).mean() / y.var()))
    return np.mean(values)


def test_school(school):
    reg = RegularizedMTLRegressor("mean", 3.0)
    assert explained_variance(reg, school) >= 37.5
    school = school[:2]
    alone = explained_variance(IndependentTasksRegressor(Ridge()), school)
    for penalty, alpha in (
        ("l21", 10.0),
        ("trace", 15.0),
        ("squared_trace", 0.1),
        ("cluster", 0.3),
        ("robust", 15.0),
    ):
        reg = RegularizedMTLRegressor(penalty, alpha, tol=1e-4)
        assert explained_variance(reg, school) > max(alone + 1, 0), penalty


def test_school_with_the_weights_chosen_on_the_training_rows(school):
    """The published figure is 37."""
    reg = RegularizedMTLRegressorCV("mean", alphas=8, cv=3, random_state=0)
    assert explained_variance(reg, school[:2]) >= 38


def make_landmine(shared_data, seed):
    """Return inputs, labels and training rows, and a function of the mean area."""
    data = shared_data("landmine")
    task, y = np.unique(data["task"], return_inverse=True)[1], data["y"]
    train = split(task, y, 0.5, seed=seed)
    X = standardise(data["X"].astype(float), train)
    Y, _ = targets_from_long(y, task)

    def mean_area(clf):
        areas = [
            roc_auc_score(y[rows], proba[rows, 1])
            for t, proba in enumerate(clf.predict_proba(X))
            for rows in [~train & (task == t)]
        ]
        return 100 * np.mean(areas)

    return X[train], Y[train], mean_area


def test_landmine(shared_data):
    """The published figure is a mean over tasks of the area under the ROC curve."""
    X, Y, mean_area = make_landmine(shared_data, seed=0)
    clf = RegularizedMTLClassifier("squared_trace", 0.003, tol=1e-4)
    assert mean_area(clf.fit(X, Y)) >= 77


def test_landmine_with_the_weight_chosen_on_the_training_rows(shared_data):
    """The mean over ten splits is 78.3."""
    areas = []
    for seed in range(2):
        X, Y, mean_area = make_landmine(shared_data, seed)
        clf = RegularizedMTLClassifierCV(
            "squared_trace", alphas=8, cv=3, tol=1e-3, random_state=0
        )
        areas.append(mean_area(clf.fit(X, Y)))
    assert np.mean(areas) >= 77.5
