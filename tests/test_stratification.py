import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_mtl._stratification import encode_strata, stratify
from sklearn_mtl._tasks import read_targets

CODES = arrays(
    np.int8,
    st.tuples(st.integers(1, 60), st.integers(1, 5)),
    elements=st.integers(-1, 3),
)
PROPORTIONS = st.lists(st.integers(1, 9), min_size=1, max_size=6).map(
    lambda parts: np.array(parts) / sum(parts)
)


def deal(codes, proportions, seed=0):
    return stratify(np.asarray(codes), proportions, np.random.RandomState(seed))


def count(codes, folds, n_folds):
    """Return the count of each label that occurs (n_folds, n_labels)."""
    return np.array(
        [
            [(codes[folds == fold, t] == code).sum() for fold in range(n_folds)]
            for t in range(codes.shape[1])
            for code in np.unique(codes[codes[:, t] >= 0, t])
        ]
    ).T


def mean_imbalance(codes, folds, n_folds):
    """Return the mean over labels and folds of the distance from the even count."""
    counts = count(codes, folds, n_folds)
    return np.abs(counts - counts.mean(axis=0)).mean()


@settings(deadline=None)
@given(codes=CODES, proportions=PROPORTIONS, seed=st.integers(0, 9))
def test_fold_sizes_are_next_to_their_proportions(codes, proportions, seed):
    folds = deal(codes, proportions, seed)
    sizes = np.bincount(folds, minlength=len(proportions))
    assert folds.shape == (len(codes),)
    assert np.abs(sizes - proportions * len(codes)).max() < 1


@settings(deadline=None)
@given(codes=CODES, n_folds=st.integers(2, 6), seed=st.integers(0, 9))
def test_one_task_is_exact(codes, n_folds, seed):
    folds = deal(codes[:, :1], np.full(n_folds, 1 / n_folds), seed)
    if (codes[:, 0] >= 0).any():
        assert np.ptp(count(codes[:, :1], folds, n_folds), axis=0).max() <= 1


@settings(deadline=None)
@given(codes=CODES, n_folds=st.integers(2, 6), seed=st.integers(0, 9))
def test_rarest_label_is_exact(codes, n_folds, seed):
    if (codes >= 0).any():
        counts = count(codes, deal(codes, np.full(n_folds, 1 / n_folds), seed), n_folds)
        assert np.ptp(counts[:, counts.sum(axis=0).argmin()]) <= 1


@settings(deadline=None)
@given(codes=CODES, proportions=PROPORTIONS, seed=st.integers(0, 9))
def test_determined_by_seed_and_spelling_of_missing(codes, proportions, seed):
    folds = deal(codes, proportions, seed)
    as_nan = np.where(codes < 0, np.nan, codes)
    np.testing.assert_array_equal(folds, deal(codes, proportions, seed))
    np.testing.assert_array_equal(folds, deal(as_nan, proportions, seed))


def test_long_format_spreads_every_task():
    """One task per row: each task is stratified as if it were alone."""
    rng = np.random.RandomState(0)
    task, label = rng.randint(7, size=500), rng.randint(3, size=500)
    codes = np.full((500, 7), -1)
    codes[np.arange(500), task] = label
    counts = count(codes, deal(codes, np.full(5, 0.2)), 5)
    assert np.ptp(counts, axis=0).max() <= 1


def test_joint_patterns_are_spread():
    """Two labels of one pattern are spread together, not each by itself."""
    codes = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], 40, axis=0)
    folds = deal(codes, np.full(4, 0.25))
    joint = codes @ [[2], [1]]
    np.testing.assert_array_equal(count(joint, folds, 4), 10)


def test_unequal_proportions():
    codes = np.repeat([[0], [1]], [30, 90], axis=0)
    folds = deal(codes, np.array([0.1, 0.3, 0.6]))
    np.testing.assert_array_equal(count(codes, folds, 3).T, [[3, 9, 18], [9, 27, 54]])


def test_rare_labels_reach_small_folds():
    """A label of one row goes to a fold as often as the fold is large."""
    codes = np.column_stack([np.repeat([0, 1], 100), np.full(200, -1)])
    codes[:100, 1] = np.arange(100)
    shares = [
        np.mean(deal(codes, np.array([0.9, 0.1]), seed)[:100] == 1)
        for seed in range(50)
    ]
    assert 0.08 < np.mean(shares) < 0.12


def test_seeds_differ():
    codes = np.arange(50)[:, np.newaxis] % 2
    halves = np.full(2, 0.5)
    assert (deal(codes, halves, 0) != deal(codes, halves, 1)).any()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
@example(seed=0)
def test_labels_with_enough_rows_are_nearly_always_in_every_fold(seed):
    """Of 100 labels of 8 tasks at most a few are absent somewhere; shuffling: many."""
    rng = np.random.RandomState(seed)
    codes = rng.geometric(0.35, size=(150, 8)) - 1
    shuffled = rng.permutation(np.arange(150) % 5)
    absent = []
    for folds in (deal(codes, np.full(5, 0.2), seed), shuffled):
        counts = count(codes, folds, 5)
        counts = counts[:, counts.sum(axis=0) >= 5]
        absent.append((counts == 0).any(axis=0).mean())
    assert absent[0] <= min(0.1, absent[1])


@pytest.mark.parametrize(
    ("name", "factor"), [("yeast", 8), ("tox21", 4), ("delicious", 2)]
)
def test_real_data_is_more_even_than_shuffled(shared_data, name, factor):
    codes = shared_data(name)["Y"][:4000, :100]
    rng = np.random.RandomState(0)
    folds = deal(codes, np.full(5, 0.2))
    shuffled = rng.permutation(np.arange(len(codes)) % 5)
    assert mean_imbalance(codes, folds, 5) * factor < mean_imbalance(codes, shuffled, 5)
    counts = count(codes, folds, 5)
    assert counts[:, counts.sum(axis=0) >= 5].min() > 0


def test_quantities_are_coded_by_quantiles():
    y = np.random.RandomState(0).lognormal(size=100)
    codes = encode_strata(read_targets(y, owner="test"), min_count=5)
    np.testing.assert_array_equal(np.bincount(codes[:, 0]), 10)
    assert (np.diff(codes[np.argsort(y), 0]) >= 0).all()


def test_numbers_that_hardly_repeat_are_binned():
    y = np.random.RandomState(0).randint(30, size=100)
    codes = encode_strata(read_targets(y, owner="test"), min_count=10)
    assert codes.max() < 10
    assert np.bincount(codes[:, 0]).min() >= 5


def test_bins_are_not_smaller_than_asked():
    y = np.random.RandomState(0).normal(size=20)
    codes = encode_strata(read_targets(y, owner="test"), min_count=5)
    np.testing.assert_array_equal(np.bincount(codes[:, 0]), 5)


def test_number_of_labels_of_each_task_is_spread():
    """One task per row, of many values each: bins alone would add up unevenly."""
    rng = np.random.RandomState(0)
    task = rng.randint(8, size=600)
    Y = np.full((600, 8), np.nan)
    Y[np.arange(600), task] = rng.normal(size=600)
    codes = encode_strata(read_targets(Y, owner="test"), min_count=5)
    assert codes.shape == (600, 16)
    folds = deal(codes, np.full(5, 0.2))
    counts = [np.bincount(task[folds == fold]) for fold in range(5)]
    assert np.ptp(counts, axis=0).max() <= 3


def test_every_kind_of_label_is_coded():
    Y = [["b", True, 1.5, None], ["a", None, 0.5, None], ["b", False, 2.5, None]]
    codes = encode_strata(read_targets(Y, owner="test"), min_count=1)
    np.testing.assert_array_equal(codes, [[1, 1, 1, -1], [0, -1, 0, -1], [1, 0, 2, -1]])
