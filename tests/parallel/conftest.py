"""Data, and what searches and comparisons find in one process."""

import pytest
from sklearn.base import clone

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.model_selection import TaskWeightSearchCV, compare_with_single_task
from sklearn_mtl.neural_network import MultiTaskNetClassifier

WEIGHTS = [[1, 1], [3, 1], [1, 3], [1, 0]]


@pytest.fixture(scope="module")
def digits():
    X, Y = load_digits_tasks(return_X_y=True)
    return X[:150].astype("float32"), Y[:150, :2]


@pytest.fixture(scope="module")
def net():
    return MultiTaskNetClassifier((4,), max_epochs=2, random_state=0)


@pytest.fixture(scope="module")
def search(net):
    return TaskWeightSearchCV(clone(net), WEIGHTS, cv=2, refit=False)


@pytest.fixture(scope="module")
def searched(search, digits):
    return clone(search).fit(*digits).cv_results_


@pytest.fixture(scope="module")
def compared(net, digits):
    return compare_with_single_task(net, *digits, cv=2, random_state=0).scores_
