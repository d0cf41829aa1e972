"""Candidates as a user gives them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sklearn_mtl._tasks import read_targets
from sklearn_mtl._validation import check_sample_weight
from sklearn_mtl.ensemble._candidates._read_candidates import (
    are_plain,
    read_candidates,
    spread_over_tasks,
)
from sklearn_mtl.linear_model import RegularizedMTLClassifier
from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)


def read(estimators, kind="classification", missing_label=-1, plain=True):
    given = read_candidates(estimators, kind, ["cv"], "Stacking")
    return spread_over_tasks(given, kind, missing_label, plain=plain)


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        GridSearchCV(LogisticRegression(), {"C": [1, 2]}),
    ],
    ids=["plain", "pipeline", "search"],
)
def test_estimators_of_one_task_are_copied_for_each(estimator):
    (candidate,) = read([("a", estimator)]).values()
    assert isinstance(candidate, IndependentTasksClassifier)
    assert candidate.estimator is estimator
    assert candidate.missing_label == -1


@pytest.mark.parametrize(
    "estimator",
    [
        RegularizedMTLClassifier(),
        RandomForestClassifier(),
        make_pipeline(StandardScaler(), RegularizedMTLClassifier()),
        GridSearchCV(RegularizedMTLClassifier(), {"alpha": [1, 2]}),
        IndependentTasksClassifier(LogisticRegression()),
    ],
    ids=["ours", "forest", "pipeline", "search", "independent"],
)
def test_estimators_of_several_tasks_are_taken_as_they_are(estimator):
    assert read([("a", estimator)])["a"] is estimator


def test_those_that_know_of_missing_labels_alone_take_them():
    pipeline = make_pipeline(StandardScaler(), RegularizedMTLClassifier())
    search = GridSearchCV(RandomForestClassifier(), {"max_depth": [1, 2]})
    given = [("ours", pipeline), ("forest", RandomForestClassifier()), ("best", search)]
    candidates = read(given, plain=False)
    assert candidates["ours"] is pipeline
    for name, estimator in given[1:]:
        assert isinstance(candidates[name], IndependentTasksClassifier)
        assert candidates[name].estimator is estimator


@pytest.mark.parametrize(
    ("Y", "plain"),
    [
        ([[0, 1], [1, 0]], True),
        ([[0, 1.5], [1, 0.5]], True),
        (pd.DataFrame({"a": [0, 1], "b": [0.5, 1.5]}), True),
        ([["a", "b"], ["b", "b"]], True),
        (np.array([["a", "b"], ["b", "b"]], dtype=object), True),
        ([[True, False], [False, False]], True),
        ([0, 1], True),
        ([[0, np.nan], [1, 0]], False),
        ([["a", 1], ["b", 0]], False),
        (np.array([[0, 1], [1, 0]], dtype=object), False),
        (pd.DataFrame({"a": [0, 1], "b": [True, False]}), False),
    ],
    ids=[
        "integers",
        "list of numbers",
        "frame of numbers",
        "strings",
        "objects that are strings",
        "booleans",
        "one task",
        "missing",
        "mixed",
        "objects that are numbers",
        "booleans beside numbers",
    ],
)
def test_labels_that_any_estimator_takes(Y, plain):
    assert find_plain(Y) is plain
    assert find_plain(Y, [1, 2]) is plain


def test_weights_that_any_estimator_takes():
    assert find_plain([[0, 1], [1, 0]], 2.0)
    assert not find_plain([[0, 1], [1, 0]], [0, 1])
    assert not find_plain([[0, 1], [1, 0]], [[1, 1], [2, 2]])
    assert find_plain([0, 1], [0, 1])


def find_plain(Y, sample_weight=None):
    targets = read_targets(Y, owner="Stacking")
    weights = check_sample_weight(sample_weight, targets.observed, "Stacking")
    return are_plain(Y, targets, sample_weight, weights)


def test_regressors():
    candidates = read([("a", SVR()), ("b", Ridge())], "regression")
    assert isinstance(candidates["a"], IndependentTasksRegressor)
    assert isinstance(candidates["b"], Ridge)


def test_dropped():
    candidates = read([("a", "drop"), ("b", RegularizedMTLClassifier())])
    assert list(candidates) == ["b"]
    with pytest.raises(ValueError, match="such that one at least is not 'drop'"):
        read([("a", "drop")])


@pytest.mark.parametrize(
    ("estimators", "message"),
    [
        ([], r"must be a list of \(name, estimator\) pairs, one at least, got \[\]"),
        ([LogisticRegression()], "must be a list of"),
        ([(1, LogisticRegression())], "must be a list of"),
        ([("a", LogisticRegression(), 1)], "must be a list of"),
        ([("a__b", LogisticRegression())], "named without '__', .*, got 'a__b'"),
        ([("a", LogisticRegression())] * 2, "each by another name .*, got 'a'"),
        ([("cv", LogisticRegression())], "no parameter of Stacking, got 'cv'"),
        ([("a", Ridge())], r"made of classifiers, or 'drop', got 'a': Ridge\(\)"),
        ([("a", LogisticRegression)], "made of classifiers, .*, got 'a': <class"),
        ([("a", None)], "made of classifiers, .*, got 'a': None"),
    ],
    ids=[
        "empty",
        "no name",
        "number",
        "triple",
        "underscores",
        "twice",
        "reserved",
        "regressor",
        "class",
        "none",
    ],
)
def test_mistakes(estimators, message):
    with pytest.raises(
        ValueError, match=f"The 'estimators' parameter of Stacking .*{message}"
    ):
        read(estimators)
