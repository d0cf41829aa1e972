"""Every spelling of groups of tasks."""

import numpy as np
import pandas as pd
import pytest

from sklearn_mtl.inspection._grouping._read_groups import read_groups

NAMES = ["a", "b", "c"]


def read(groups):
    found = read_groups(groups, NAMES, "Owner")
    return found.members, found.serving.tolist()


@pytest.mark.parametrize(
    "groups",
    [
        [0, 1, 0],
        np.array([5, 2, 5]),
        [["a", "c"], ["b"]],
        (("c", 0), [1]),
        [np.array([0, 2]), np.array([1])],
        [{"a", "c"}, {1}],
        {"a": {"c"}, "b": frozenset(), "c": {"a"}},
        {"a": ["c"], "b": [], "c": ["a"]},
        {"a": "c", "b": "b", "c": ["a", "c"]},
        {0: [2], 1: [1], 2: [0]},
        np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], dtype=bool),
        [[True, False, True], [False, True, False], [True, False, True]],
        pd.DataFrame([[True, False, True], [False, True, False], [True, False, True]]),
        pd.Series([0, 1, 0], index=NAMES),
    ],
)
def test_the_same_groups(groups):
    assert read(groups) == ([[0, 2], [1]], [0, 1, 0])


def test_the_first_group_that_names_a_task_predicts_it():
    assert read([["a", "b"], ["b", "c"]]) == ([[0, 1], [1, 2]], [0, 0, 1])


def test_equal_groups_are_one():
    assert read({"a": ["b"], "b": ["a"], "c": ["a", "b"]}) == (
        [[0, 1], [0, 1, 2]],
        [0, 0, 1],
    )


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("atuo", "did you mean 'auto'"),
        (3, "must be 'auto', one integer per task"),
        ([0, 1], "3 integers, one per task, got 0, 1"),
        ([0.5, 1.0, 1.0], "3 integers"),
        ([["a"], ["b"]], "every task has a group, got none for 'c'"),
        ([["a", "b"], ["c", "bb"]], r"got 'bb' \(did you mean 'b'\?\)"),
        ([["a", "b", "c"], ["b"]], "that no group before has"),
        ([["a", "b", 7]], "got 7"),
        ({"a": ["b"]}, "none for 'b', 'c'"),
        ([[True, False], [False, True]], "3 x 3 booleans"),
        (np.zeros((3, 3), dtype=bool), "true on the diagonal"),
        ([], "none for 'a', 'b', 'c'"),
    ],
)
def test_errors(groups, message):
    with pytest.raises(ValueError, match=message):
        read(groups)
