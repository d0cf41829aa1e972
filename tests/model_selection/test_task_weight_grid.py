from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV

from sklearn_mtl.model_selection import task_weight_grid


@settings(deadline=None)
@given(n_tasks=st.integers(1, 6), n_divisions=st.integers(1, 6))
def test_is_the_whole_lattice(n_tasks, n_divisions):
    grid = task_weight_grid(n_tasks, n_divisions)
    parts = np.array(grid) * n_divisions
    assert parts.shape == (comb(n_divisions + n_tasks - 1, n_tasks - 1), n_tasks)
    assert len({tuple(point) for point in parts}) == len(parts)
    np.testing.assert_array_equal(parts, np.round(parts))
    np.testing.assert_array_equal(parts.sum(axis=1), n_divisions)
    assert parts.min() >= 0


def test_corners_come_first_and_last():
    grid = task_weight_grid(3, 4)
    assert len(grid) == 15
    np.testing.assert_array_equal(grid[0], [0, 0, 1])
    np.testing.assert_array_equal(grid[-1], [1, 0, 0])


def test_names_make_dicts():
    grid = task_weight_grid(["a", "b"], 2)
    assert grid == [{"a": 0, "b": 1}, {"a": 0.5, "b": 0.5}, {"a": 1, "b": 0}]
    assert type(grid[0]["a"]) is float


def test_names_may_be_columns():
    pd = pytest.importorskip("pandas")
    assert task_weight_grid(pd.DataFrame(columns=["a"]).columns, 1) == [{"a": 1}]


@pytest.mark.parametrize("tasks", [3, ["a", "b", "c"]])
def test_grid_search_takes_it(tasks):
    class Weighted(DummyClassifier):
        def __init__(self, task_weights=None):
            super().__init__()
            self.task_weights = task_weights

        def score(self, X, y, sample_weight=None):
            values = self.task_weights
            return values["b"] if isinstance(values, dict) else values[1]

    search = GridSearchCV(Weighted(), {"task_weights": task_weight_grid(tasks, 2)})
    search.fit(np.zeros((10, 1)), np.arange(10) % 2)
    assert len(search.cv_results_["params"]) == 6
    assert search.best_score_ == 1


@pytest.mark.parametrize(
    ("tasks", "n_divisions", "message"),
    [
        (0, 2, "'tasks' parameter of task_weight_grid must be"),
        ([], 2, "'tasks' parameter of task_weight_grid must be .* unique names"),
        (["a", "a"], 2, "must be .* unique names, got 'a', 'a'"),
        (3, 0, "'n_divisions' parameter of task_weight_grid must be"),
        (3, 1.5, "'n_divisions' parameter of task_weight_grid must be"),
        (20, 20, "at most 100000 points, got 20, which makes 68923264410 for 20"),
    ],
)
def test_bad_input(tasks, n_divisions, message):
    with pytest.raises(ValueError, match=message):
        task_weight_grid(tasks, n_divisions)
