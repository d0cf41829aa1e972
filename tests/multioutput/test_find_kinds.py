import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mtl._tasks import read_targets
from sklearn_mtl.multioutput._find_kinds import find_kinds
from sklearn_mtl.multioutput._independent_tasks import IndependentTasks
from sklearn_mtl.neural_network import MultiTaskNet

NET = MultiTaskNet(task_types=["regression", "regression"])


class Untyped(BaseEstimator):
    """Neither a classifier nor a regressor: constant predictions of either kind."""

    def fit(self, X, y):
        self.constant_ = y[0]
        return self

    def predict(self, X):
        return np.full(len(X), self.constant_)

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


@pytest.mark.parametrize(
    ("estimator", "kinds"),
    [
        (LogisticRegression(), "classification"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "classification"),
        (RandomForestRegressor(), "regression"),
        (Untyped(), ["classification", "regression"]),
        (MultiTaskNet(), ["classification", "regression"]),
        (NET, ["regression", "regression"]),
        (make_pipeline(StandardScaler(), NET), ["regression", "regression"]),
        (GridSearchCV(NET, {}), ["regression", "regression"]),
        (IndependentTasks(NET), ["regression", "regression"]),
    ],
)
def test_kinds(estimator, kinds):
    targets = read_targets([[0, 0.5], [1, 1.5], [0, 2.5]], owner="test")
    assert find_kinds(estimator, targets) == kinds


def test_independent_tasks_of_both_kinds():
    X = np.zeros((3, 1))
    Y = [["a", 0.5], ["a", None], ["b", 1.5]]
    fitted = IndependentTasks(Untyped()).fit(X, Y)
    assert fitted.predict(X[:1]).tolist() == [["a", 0.5]]
    probabilities = fitted.predict_proba(X)
    assert probabilities[0].shape == (3, 2)
    assert probabilities[1] is None
    assert fitted.classes_[0].tolist() == ["a", "b"]
    assert fitted.classes_[1] is None
    assert fitted.score_tasks(X, Y) == {"task0": pytest.approx(2 / 3), "task1": -1.0}
    assert fitted.score(X, Y) == pytest.approx(-1 / 6)
