import numpy as np
import pytest

from sklearn_mtl.ensemble._trees._columns import TaskColumns

COLUMNS = TaskColumns(np.array([3, 1, 2]), np.array([True, True, True]))


def test_first_class_gets_what_the_others_leave():
    total = np.array([[1.0, 2.0, 4.0], [0.0, 0.5, 0.0]])
    found = COLUMNS.find_probabilities(total, 4)
    expected = [[[1, 1, 2], [3.5, 0, 0.5]], [[4], [4]], [[0, 4], [4, 0]]]
    for p, votes in zip(found, expected, strict=True):
        np.testing.assert_array_equal(p, np.array(votes) / 4)


def test_probabilities_sum_to_1_whatever_rounding_did():
    total = np.array([[2.5, 1.5 + 1e-7, 4 + 1e-7]])
    for p in COLUMNS.find_probabilities(total, 4):
        assert p.min() >= 0
        assert p.sum() == pytest.approx(1, abs=1e-15)


def test_every_row_has_its_number_of_trees():
    total = np.array([[1.0, 0.0, 1.0], [1.0, 0.0, 1.0]])
    found = COLUMNS.find_probabilities(total, np.array([[1.0], [2.0]]))
    np.testing.assert_array_equal(found[0], [[0, 1, 0], [0.5, 0.5, 0]])
    np.testing.assert_array_equal(found[2], [[0, 1], [0.5, 0.5]])


def test_blocks_hold_every_task_with_columns():
    columns = TaskColumns(np.array([3, 1, 2, 5, 1]), np.ones(5, dtype=bool))
    for size in (0, 1, 3, 100):
        blocks = columns.split(size)
        assert np.concatenate(blocks).tolist() == [0, 2, 3]
    assert len(columns.split(100)) == 1
    assert TaskColumns(np.array([1]), np.array([True])).split(10) == []
