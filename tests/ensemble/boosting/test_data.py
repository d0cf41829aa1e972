import numpy as np
import pytest

from sklearn_mtl._tasks import Tasks, read_targets
from sklearn_mtl.ensemble._base import LabelledRows
from sklearn_mtl.ensemble._boosting._data import BoostingData


@pytest.fixture
def rows():
    """Three labels of the first task, two of the second, one class of the third."""
    Y = np.array([[0, 1, 5], [1, 2, 5], [1, np.nan, 5], [np.nan, 0, np.nan]])
    targets = read_targets(Y, owner="Boosting")
    tasks = Tasks.infer(targets, "classification", "Boosting")
    return LabelledRows(
        X=np.arange(8, dtype=np.float32).reshape(4, 2),
        encoded=tasks.encode(targets, "Boosting"),
        weights=targets.observed * [1.0, 2.0, 1.0],
        tasks=tasks,
        task_weights=np.array([3.0, 1.0, 1.0]),
    )


def test_labels_count_by_the_weights_of_the_tasks(rows):
    """Together as many labels as rows for each task, times λ over its mean."""
    data = BoostingData.lay_out(rows)
    counts = data.label_shares() * data.labels.total_weights()
    np.testing.assert_allclose(counts, 4 * np.array([1.5, 0.5]))


def test_rows_count_by_their_labels(rows):
    shares = BoostingData.lay_out(rows).row_shares()
    np.testing.assert_allclose(shares, np.array([4 / 3, 4 / 3, 2 / 3, 2 / 3]))


def test_complete_labels_count_alike(rows):
    complete = LabelledRows(
        rows.X, np.ones((4, 3)) * [0, 1, 0], np.ones((4, 3)), rows.tasks, np.ones(3)
    )
    data = BoostingData.lay_out(complete)
    np.testing.assert_array_equal(data.label_shares(), [1, 1])
    np.testing.assert_array_equal(data.row_shares(), np.ones(4))


def test_some_rows_keep_the_constants(rows):
    data = BoostingData.lay_out(rows)
    taken = data.take(np.array([1, 3]))
    np.testing.assert_array_equal(taken.X, rows.X[[1, 3]])
    np.testing.assert_array_equal(taken.encoded, data.encoded[[1, 3]])
    assert taken.constants is data.constants
    assert not data.take(np.empty(0, dtype=int)).label_shares().any()
