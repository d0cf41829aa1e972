"""Groups of tasks, from affinities made by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from sklearn_mtl.inspection import group_tasks


def planted(labels, within=0.5, between=0.1, noise=0.0, seed=0):
    """Return affinities with more within groups than between."""
    labels = np.asarray(labels)
    A = np.where(labels[:, np.newaxis] == labels, within, between)
    E = np.random.RandomState(seed).normal(scale=noise, size=A.shape)
    return A + (E + E.T) / np.sqrt(2)


@pytest.mark.parametrize("n_tasks", [4, 6, 9, 12, 15, 20, 40])
@pytest.mark.parametrize("n_groups", [2, 3])
def test_planted_groups_at_moderate_noise(n_tasks, n_groups):
    truth = np.arange(n_tasks) * n_groups // n_tasks
    if n_tasks < 2 * n_groups:
        pytest.skip("a group of one task has no affinity within")
    indices = [
        adjusted_rand_score(truth, group_tasks(planted(truth, noise=0.06, seed=seed)))
        for seed in range(5)
    ]
    assert np.mean(indices) >= 0.9


@pytest.mark.parametrize("n_tasks", [3, 4, 6, 12, 20])
def test_one_group_if_all_are_equally_related(n_tasks):
    single = [
        group_tasks(planted([0] * n_tasks, noise=0.05, seed=seed)).max() == 0
        for seed in range(10)
    ]
    assert np.mean(single) >= 0.8


@pytest.mark.parametrize("n_tasks", [6, 12, 20])
def test_chance_level_if_all_are_unrelated(n_tasks):
    truth = np.arange(n_tasks) * 2 // n_tasks
    indices = [
        adjusted_rand_score(
            truth, group_tasks(planted([0] * n_tasks, within=0, noise=0.05, seed=seed))
        )
        for seed in range(20)
    ]
    assert abs(np.mean(indices)) < 0.1


def test_tasks_that_hurt_each_other_are_alone():
    A = planted([0] * 5, within=-0.3)
    assert group_tasks(A).tolist() == [0, 1, 2, 3, 4]


def test_a_conflicting_task_is_alone():
    A = planted([0, 0, 1, 0, 0], within=0.5, between=-0.4)
    assert group_tasks(A).tolist() == [0, 0, 1, 0, 0]


@pytest.mark.parametrize("method", ["auto", "exact", "hierarchical", "spectral"])
def test_every_method_finds_clear_groups(method):
    truth = [0, 1, 0, 2, 1, 2, 0, 1, 2]
    A = planted(truth, noise=0.03)
    assert group_tasks(A, method=method).tolist() == truth
    assert group_tasks(A, 3, method=method).tolist() == truth


@pytest.mark.parametrize("n_groups", [1, 2, 3, 5])
def test_the_number_asked_for(n_groups):
    A = planted([0, 0, 1, 1, 1], noise=0.1)
    labels = group_tasks(A, n_groups)
    assert np.unique(labels).tolist() == list(range(n_groups))


@given(st.integers(0, 1000), st.permutations(range(7)), st.floats(0.01, 100))
@settings(deadline=None, max_examples=25)
def test_neither_order_nor_scale_matters(seed, order, scale):
    A = planted([0, 0, 0, 1, 1, 2, 2], noise=0.15, seed=seed)
    expected = group_tasks(A)
    found = group_tasks(scale * A[np.ix_(order, order)])
    assert adjusted_rand_score(expected[list(order)], found) == pytest.approx(1)
    firsts = [found.tolist().index(g) for g in range(found.max() + 1)]
    assert firsts == sorted(firsts)


def test_directions_count_alike():
    A = planted([0, 0, 1, 1])
    lopsided = np.triu(2 * A, 1)
    assert group_tasks(lopsided).tolist() == group_tasks(A).tolist() == [0, 0, 1, 1]


def test_the_diagonal_does_not_count():
    A = planted([0, 0, 1, 1])
    B = A.copy()
    np.fill_diagonal(B, np.nan)
    assert group_tasks(A).tolist() == group_tasks(B).tolist()


def test_what_is_not_known_does_not_hinder():
    truth = np.array([0, 0, 0, 1, 1, 1])
    A = planted(truth)
    A[0, 5] = A[5, 0] = A[1, 2] = np.nan
    assert (group_tasks(A) == truth).all()


def test_nothing_is_known():
    with pytest.warns(UserWarning, match="every task is alone"):
        assert group_tasks(np.full((3, 3), np.nan)).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("affinity", "expected"), [(0.2, [0, 0]), (-0.2, [0, 1])])
def test_two_tasks(affinity, expected):
    A = [[1.0, affinity], [affinity, 1.0]]
    assert group_tasks(A).tolist() == expected
    assert group_tasks(A, threshold=0.3).tolist() == [0, 1]
    assert group_tasks(A, 1).tolist() == [0, 0]
    assert group_tasks(A, 2).tolist() == [0, 1]


def test_one_task():
    assert group_tasks([[1.0]]).tolist() == [0]


def test_a_data_frame():
    A = pd.DataFrame(planted([0, 1, 0, 1]), index=list("abcd"), columns=list("abcd"))
    assert group_tasks(A).tolist() == [0, 1, 0, 1]


def test_a_helper_of_another_group():
    """Task 3 helps the first group as its members do, and gets nothing back."""
    A = planted([0, 0, 0, 1, 1, 1], between=0.0)
    A[3, :3] = 0.6
    together = group_tasks(A, overlapping=True)
    assert together[0].tolist() == [True, True, True, True, False, False]
    assert together[3].tolist() == [False, False, False, True, True, True]
    assert (together[0] == together[1]).all()


def test_without_helpers_overlapping_is_the_partition():
    A = planted([0, 1, 0, 1, 1])
    labels = group_tasks(A)
    together = group_tasks(A, overlapping=True)
    assert (together == (labels[:, np.newaxis] == labels)).all()


@pytest.mark.parametrize(
    ("affinity", "params", "message"),
    [
        ([[1, 2, 3]], {}, "must be a square matrix, got shape"),
        ([[1, np.inf], [0, 1]], {}, "finite or NaN"),
        (np.eye(3), {"n_groups": 4}, "at most 3, the number of tasks, got 4"),
        (np.eye(3), {"n_groups": "aut"}, "did you mean 'auto'"),
        (np.eye(3), {"method": "spectra"}, "did you mean 'spectral'"),
        (np.eye(20), {"method": "exact"}, "for over 16 tasks, got 'exact'"),
        (np.eye(3), {"n_groups": 0}, "n_groups"),
    ],
)
def test_errors(affinity, params, message):
    with pytest.raises(ValueError, match=message):
        group_tasks(affinity, **params)
