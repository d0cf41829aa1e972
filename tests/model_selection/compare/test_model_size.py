import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl.linear_model import RegularizedMTLRegressor
from sklearn_mtl.model_selection._compare._model_size import measure_size
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import MultiTaskNetClassifier

rng = np.random.RandomState(0)
X = rng.normal(size=(60, 4))
Y = (X[:, :3] + rng.normal(size=(60, 3)) > 0).astype(int)
y = Y[:, 0]


def count_nodes(trees):
    return sum(tree.tree_.node_count for tree in trees)


def test_linear_models_have_coefficients_and_intercepts():
    assert measure_size(LinearRegression().fit(X, y)) == 4 + 1
    assert measure_size(LinearRegression().fit(X, Y)) == 3 * (4 + 1)
    assert measure_size(RegularizedMTLRegressor().fit(X, Y)) == 3 * (4 + 1)
    sparse = Lasso(0.1).fit(X, y)
    assert measure_size(sparse) == 4 + 1


def test_networks_have_parameters():
    net = MultiTaskNetClassifier((8,), max_epochs=1).fit(X, Y)
    expected = sum(p.numel() for p in net.module_.parameters())
    assert measure_size(net) == expected >= (4 + 1) * 8 + (8 + 1) * 3
    mlp = MLPClassifier((8,), max_iter=500, random_state=0).fit(X, y)
    assert measure_size(mlp) == (4 + 1) * 8 + (8 + 1)


def test_trees_have_nodes():
    tree = DecisionTreeClassifier(random_state=0).fit(X, Y)
    assert measure_size(tree) == tree.tree_.node_count
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    assert measure_size(forest) == count_nodes(forest.estimators_)
    ada = AdaBoostClassifier(n_estimators=5, random_state=0).fit(X, y)
    assert measure_size(ada) == count_nodes(ada.estimators_)
    boosting = GradientBoostingClassifier(n_estimators=5, random_state=0).fit(X, y)
    assert measure_size(boosting) == count_nodes(boosting.estimators_.ravel())
    histogram = HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(X, y)
    assert measure_size(histogram) >= 5 * 3


def test_models_of_models_have_the_sum():
    one = LogisticRegression()
    assert measure_size(IndependentTasksClassifier(one).fit(X, Y)) == 3 * 5
    assert measure_size(MultiOutputClassifier(one).fit(X, Y)) == 3 * 5
    assert measure_size(GridSearchCV(one, {"C": [1, 2]}).fit(X, y)) == 5
    stacked = StackingClassifier([("a", one), ("b", SVC())]).fit(X, y)
    alone = measure_size(SVC().fit(X, y))
    assert measure_size(stacked) == 5 + alone + 3


def test_pipelines_are_as_large_as_what_is_known_of_their_steps():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    assert measure_size(pipeline) == 5
    of_tasks = IndependentTasksClassifier(pipeline).fit(X, Y)
    assert measure_size(of_tasks) == 3 * 5


def test_task_with_one_class():
    constant = np.column_stack([y, np.zeros(60)])
    with pytest.warns(UserWarning, match="one class"):
        fitted = IndependentTasksClassifier(LogisticRegression()).fit(X, constant)
    assert measure_size(fitted) == 5 + measure_size(DummyClassifier().fit(X, y * 0))


def test_unknown_is_nan():
    class Unknown(BaseEstimator):
        def fit(self, X, y):
            return self

    assert np.isnan(measure_size(Unknown().fit(X, y)))
    assert np.isnan(measure_size(make_pipeline(StandardScaler(), Unknown()).fit(X, y)))
