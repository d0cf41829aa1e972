"""Candidates as a user gives them."""

import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sklearn_mtl.ensemble._candidates._read_candidates import read_candidates
from sklearn_mtl.linear_model import RegularizedMTLClassifier
from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)


def read(estimators, kind="classification", missing_label=-1):
    return read_candidates(estimators, kind, missing_label, ["cv"], "Stacking")


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
