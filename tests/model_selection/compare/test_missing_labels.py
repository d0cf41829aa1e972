import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mtl.linear_model import RegularizedMTLClassifier
from sklearn_mtl.model_selection import compare_estimators
from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)
from sklearn_mtl.neural_network import MultiTaskNetClassifier


@pytest.fixture(scope="module")
def data():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(90, 4))
    return X, (X[:, :3] + 0.5 * rng.normal(size=(90, 3)) > 0).astype(float)


@pytest.fixture
def sparse(data):
    X, Y = data
    Y = Y.copy()
    Y[::4, 1] = np.nan
    return X, Y


def test_any_estimators_side_by_side(sparse):
    logistic = LogisticRegression()
    comparison = compare_estimators(
        {
            "linear alone": IndependentTasksClassifier(logistic),
            "pipeline": make_pipeline(StandardScaler(), RegularizedMTLClassifier()),
            "trees": IndependentTasksClassifier(RandomForestClassifier(5)),
            "network": MultiTaskNetClassifier((8,), max_epochs=5, random_state=0),
        },
        *sparse,
        cv=2,
    )
    for scores in comparison.scores_.values():
        assert np.isfinite(scores).all()
    assert np.isfinite(list(comparison.model_size_.values())).all()


def test_plain_estimators_with_complete_labels(data):
    comparison = compare_estimators(
        {"forest": RandomForestClassifier(5), "neighbours": KNeighborsClassifier()},
        *data,
        cv=2,
    )
    assert np.isfinite(comparison.scores_["forest"]).all()


@pytest.mark.parametrize(
    ("plain", "wrapper"),
    [
        (RandomForestClassifier(5), "IndependentTasksClassifier"),
        (Ridge(), "IndependentTasksRegressor"),
        (make_pipeline(StandardScaler(), Ridge()), "IndependentTasksRegressor"),
    ],
)
def test_errors_tell_what_to_do(sparse, plain, wrapper):
    message = rf"labels of which some are missing.*\n.*: {wrapper}\("
    with pytest.raises(ValueError, match=message) as error:
        compare_estimators({"plain": plain, "again": plain}, *sparse, cv=2)
    assert "While fitting or scoring 'plain' in fold 0." in error.value.__notes__
    assert "NaN" in str(error.value)


def test_missing_label_is_not_taken_for_a_label(sparse):
    X, Y = sparse
    Y = np.where(np.isnan(Y), -1, Y).astype(int)
    alone = IndependentTasksClassifier(LogisticRegression(), missing_label=-1)
    estimators = {"alone": alone, "forest": RandomForestClassifier(5)}
    message = (
        r"'forest' given to compare_estimators would take the missing label -1 for a "
        r"label.*IndependentTasksClassifier\(RandomForestClassifier\(\.\.\.\), "
        r"missing_label=-1\)"
    )
    with pytest.raises(ValueError, match=message):
        compare_estimators(estimators, X, Y, missing_label=-1)
    complete = compare_estimators(estimators, X[1::4], Y[1::4], cv=2, missing_label=-1)
    assert np.isfinite(complete.scores_["forest"]).all()


def test_other_errors_are_not_reworded(sparse):
    alone = IndependentTasksRegressor(Ridge(alpha=-1))
    with pytest.raises(ValueError, match="'alpha' parameter of Ridge") as error:
        compare_estimators({"a": alone, "b": alone}, *sparse)
    assert "missing" not in str(error.value)


def test_estimators_may_take_missing_labels_without_saying_so(sparse):
    class Constant(BaseEstimator):
        def fit(self, X, Y):
            self.means_ = np.nanmean(Y, axis=0) > 0.5
            return self

        def predict(self, X):
            return np.tile(self.means_, (len(X), 1)).astype(float)

    alone = IndependentTasksClassifier(LogisticRegression())
    comparison = compare_estimators(
        {"a": alone, "constant": Constant()}, *sparse, random_state=0
    )
    assert np.isfinite(comparison.scores_["constant"]).all()
    assert comparison.delta_m_["constant"] < -20
