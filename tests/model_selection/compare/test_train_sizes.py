from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_mtl._tasks import read_targets
from sklearn_mtl.model_selection._compare._repeats import Fold
from sklearn_mtl.model_selection._compare._train_sizes import count_rows, nest_rows

FOLDS = [
    Fold(np.arange(n_train), np.arange(n_train, 100), repeat=0, seed=0)
    for n_train in (80, 79)
]


def count(train_sizes):
    return count_rows(train_sizes, FOLDS, "compare_estimators").tolist()


def test_fractions_are_of_each_training_part():
    assert count([0.1, 0.5]) == [[8, 8], [40, 40], [80, 79]]


def test_numbers_are_rows():
    assert count([30, 10]) == [[10, 10], [30, 30], [80, 79]]


def test_the_whole_part_comes_last_and_once():
    assert count(None) == count([1.0]) == [[80, 79]]
    assert count([79]) == [[79, 79], [80, 79]]
    assert count([0.25, 1.0]) == count([0.25]) == count((0.25, 0.25))
    assert count(np.array([0.25])) == count([0.25])


def test_fractions_that_are_the_same_number_of_rows_count_once():
    assert count([0.1, 0.1001]) == [[8, 8], [80, 79]]
    assert count([1e-9]) == [[1, 1], [80, 79]]


@pytest.mark.parametrize(
    "sizes", [[0.0], [-0.1], [1.5], [0], [80], [0.5, 20], ["all"], [], [None]]
)
def test_sizes_must_be_there(sizes):
    message = "'train_sizes' parameter of compare_estimators must be fractions .* 79"
    with pytest.raises(ValueError, match=message):
        count(sizes)


@settings(deadline=None, max_examples=50)
@given(
    counts=st.sets(st.integers(1, 59), min_size=1, max_size=4),
    n_classes=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_parts_are_nested_and_have_their_size(counts, n_classes, seed):
    rng = np.random.RandomState(seed)
    Y = rng.randint(n_classes, size=(100, 2)).astype(float)
    Y[rng.uniform(size=Y.shape) < 0.3] = np.nan
    rows = rng.permutation(100)[:60]
    counts = np.array([*sorted(counts), 60])
    parts = nest_rows(read_targets(Y, owner="test"), rows, counts, rng)
    assert [len(part) for part in parts] == counts.tolist()
    for part, larger in pairwise(parts):
        assert set(part) <= set(larger)
        assert len(set(part)) == len(part)
    assert set(parts[-1]) == set(rows)


def test_parts_are_stratified_over_the_tasks():
    """A tenth of the rows has a tenth of every class, also of sparse labels."""
    rng = np.random.RandomState(0)
    Y = np.column_stack(
        [np.arange(400) % 4, np.where(np.arange(400) < 80, 1.0, np.nan)]
    )
    Y[:40, 1] = 0
    rows = rng.permutation(400)
    counts = np.array([40, 200, 400])
    for part in nest_rows(read_targets(Y, owner="test"), rows, counts, rng)[:2]:
        fraction = len(part) / 400
        for label in range(4):
            assert abs((Y[part, 0] == label).sum() - 100 * fraction) <= 1
        for label in (0, 1):
            assert abs((Y[part, 1] == label).sum() - 40 * fraction) <= 1


def test_the_whole_part_alone_draws_nothing():
    rng = np.random.RandomState(0)
    rows = np.array([3, 1, 2])
    (part,) = nest_rows(read_targets([0, 1, 0, 1], owner="t"), rows, np.array([3]), rng)
    assert part is rows
    assert rng.randint(1000) == np.random.RandomState(0).randint(1000)
