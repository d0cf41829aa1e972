"""Partitions, against going over all of them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_mtl.inspection._grouping._partitions import (
    exact_partitions,
    hierarchical_partitions,
    log_n_partitions,
    number_in_order,
    partition_value,
    refine,
    spectral_partitions,
)


def all_partitions(n_tasks):
    """Yield every partition, as labels numbered in the order of first members."""
    if n_tasks == 0:
        yield []
        return
    for labels in all_partitions(n_tasks - 1):
        for label in range(max(labels, default=-1) + 2):
            yield [*labels, label]


def random_affinity(n_tasks, seed=0):
    A = np.random.default_rng(seed).normal(size=(n_tasks, n_tasks))
    A = A + A.T
    np.fill_diagonal(A, 0)
    return A


@st.composite
def affinities(draw, max_tasks=6):
    n = draw(st.integers(1, max_tasks))
    A = draw(arrays(float, (n, n), elements=st.floats(-1, 1, width=32)))
    A = (A + A.T) / 2
    np.fill_diagonal(A, 0)
    return A


def test_value_is_the_sum_of_mean_affinities_to_mates():
    A = random_affinity(4)
    value = partition_value(A, np.array([0, 0, 0, 1]))
    expected = sum((A[t, 0] + A[t, 1] + A[t, 2]) / 2 for t in range(3))
    assert value == pytest.approx(expected)


@given(affinities())
@settings(deadline=None, max_examples=40)
def test_exact_is_the_best_of_all(A):
    found = exact_partitions(A)
    best = dict.fromkeys(range(1, len(A) + 1), -np.inf)
    for labels in all_partitions(len(A)):
        k = max(labels) + 1
        best[k] = max(best[k], partition_value(A, np.array(labels)))
    for k, labels in enumerate(found, 1):
        assert len(np.unique(labels)) == k
        assert partition_value(A, labels) == pytest.approx(best[k], abs=1e-9)


@pytest.mark.parametrize("search", [exact_partitions, hierarchical_partitions])
def test_planted_groups_are_found(search):
    truth = np.array([0, 1, 0, 2, 1, 2, 0])
    A = np.where(truth[:, np.newaxis] == truth, 0.5, 0.1)
    np.fill_diagonal(A, 0)
    assert (number_in_order(search(A)[2]) == truth).all()


@pytest.mark.parametrize("n_tasks", [3, 15])
@pytest.mark.parametrize("value", [0.0, 0.3, -0.3])
def test_as_many_groups_as_asked_for_where_several_merge_at_once(n_tasks, value):
    A = np.full((n_tasks, n_tasks), value)
    np.fill_diagonal(A, 0)
    found = hierarchical_partitions(A)
    assert [len(np.unique(labels)) for labels in found] == [*range(1, n_tasks + 1)]


def test_planted_groups_are_found_by_eigenvectors():
    truth = np.arange(20) % 4
    A = np.where(truth[:, np.newaxis] == truth, 0.5, 0.1)
    np.fill_diagonal(A, 0)
    assert (spectral_partitions(A, [4])[0] == truth).all()


@given(affinities(), st.integers(0, 1000))
@settings(deadline=None, max_examples=40)
def test_refining_never_makes_it_worse_nor_empties_a_group(A, seed):
    labels = np.random.RandomState(seed).randint(3, size=len(A))
    labels = number_in_order(labels)
    refined = refine(A, labels)
    before, after = partition_value(A, labels), partition_value(A, refined)
    assert after >= before - 1e-9
    assert len(np.unique(refined)) == len(np.unique(labels))


def test_the_number_of_partitions():
    counts = Counter(max(labels) + 1 for labels in all_partitions(6))
    for k, count in counts.items():
        assert log_n_partitions(6, k) == pytest.approx(np.log(count))
