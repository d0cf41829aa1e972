"""Rows and settings for the parts of boosting."""

import numpy as np
import pytest

from sklearn_mtl._tasks import Tasks, read_targets
from sklearn_mtl.ensemble._base import LabelledRows
from sklearn_mtl.ensemble._boosting._data import BoostingData
from sklearn_mtl.ensemble._boosting._settings import BoostingSettings

TREE_PARAMS = {
    "learning_rate": 0.3,
    "max_depth": 3,
    "min_child_weight": 1.0,
    "reg_lambda": 1.0,
    "max_bin": 32,
    "colsample_bynode": None,
}


@pytest.fixture
def make_settings():
    """A function of what is not as by default here."""

    def make(**changed):
        settings = {
            "n_estimators": 8,
            "tree_params": TREE_PARAMS,
            "n_directions": 1,
            "early_stopping": True,
            "n_members": 3,
            "validation_fraction": 0.25,
            "n_iter_no_change": 5,
            "n_threads": 1,
            "seed": 0,
            "owner": "Boosting",
        }
        return BoostingSettings(**(settings | changed))

    return make


@pytest.fixture
def data():
    """Three tasks of 2, 3 and 2 classes of 60 rows; some labels are missing."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 4)).astype(np.float32)
    Y = np.column_stack([X[:, 0] > 0, np.digitize(X[:, 1], [-0.5, 0.5]), X[:, 2] > 1])
    Y = np.where(rng.uniform(size=Y.shape) < 0.2, np.nan, Y)
    return lay_out(X, Y)


def lay_out(X, Y, weights=None, task_weights=None):
    targets = read_targets(Y, owner="Boosting")
    tasks = Tasks.infer(targets, "classification", "Boosting")
    encoded = tasks.encode(targets, "Boosting")
    weights = targets.observed.astype(float) if weights is None else weights
    if task_weights is None:
        task_weights = np.ones(tasks.n_tasks)
    return BoostingData.lay_out(LabelledRows(X, encoded, weights, tasks, task_weights))
