"""Data, and what searches and comparisons find in one process."""

import signal
import threading

import pytest
from sklearn.base import clone

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.model_selection import TaskWeightSearchCV, compare_with_single_task
from sklearn_mtl.neural_network import MultiTaskNetClassifier

# Seconds after which a test is taken to wait for ever.
_PATIENCE = 120
WEIGHTS = [[1, 1], [3, 1], [1, 3], [1, 0]]


@pytest.fixture(autouse=True)
def in_time():
    """Raise in a test that waits for a cluster that does nothing any more."""
    if not hasattr(signal, "SIGALRM") or (
        threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def stop(signum, frame):
        raise TimeoutError(f"The test has not ended after {_PATIENCE} seconds.")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_PATIENCE)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


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
