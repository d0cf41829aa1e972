"""Iterative stratification: rows dealt to folds so that every label is spread evenly.

Sechidis et al. (2011) take the rarest label first and hand out its rows one at a time,
each to the fold that lacks the label most. Here the rows of a label are handed out
together: the cost is one pass over the codes and a loop over labels, not over rows.
"""

import numpy as np

from sklearn_mtl._tasks import Targets, infer_kind

# Quantities are spread by quantile bins; finer ones would be too rare to spread.
_MAX_BINS = 10


def encode_strata(targets: Targets, min_count: int) -> np.ndarray:
    """Return columns of codes (n_samples, n_columns) to spread, -1 if missing.

    There is a column for each task, of its classes or of quantile bins of about
    `min_count` labels or more; numbers are binned too if they repeat less than that. A
    task with missing labels and more than two codes has
    one more, of whether there is a label: its codes alone leave their total uneven.
    """
    codes = np.full(targets.observed.shape, -1, dtype=np.int32)
    for t, column in enumerate(targets.columns):
        observed = targets.observed[:, t]
        labels = column[observed]
        values, codes[observed, t] = np.unique(labels, return_inverse=True)
        rare = len(values) * min_count > len(labels)
        if infer_kind(column, observed) == "regression" or (
            rare and column.dtype.kind in "iuf"
        ):
            codes[observed, t] = _bin(labels, min_count)
    uneven = (codes.max(axis=0) > 1) & ~targets.observed.all(axis=0)
    return np.hstack([codes, np.where(codes[:, uneven] < 0, -1, 0)])


def _bin(labels: np.ndarray, min_count: int) -> np.ndarray:
    n_bins = max(1, min(_MAX_BINS, len(labels) // min_count))
    fractions = np.arange(1, n_bins) / n_bins
    edges = np.quantile(labels, fractions, method="inverted_cdf")
    return np.searchsorted(edges, labels)


def stratify(
    codes: np.ndarray, proportions: np.ndarray, rng: np.random.RandomState
) -> np.ndarray:
    """Return the fold of each row, (n_samples,), such that labels are spread evenly.

    `codes` (n_samples, n_columns) holds class codes from 0, negative or NaN if missing;
    `proportions` (n_folds,) sums to 1. The size of a fold is a whole number next to its
    proportion of the rows. With one column, so is its count of every class; with
    several, that of the rarest class, and the others nearly so.
    """
    fair = np.ptp(proportions) == 0
    labels, totals, column = _number_labels(codes)
    order = _order_by_pattern(labels, totals, column, rng)
    labels = np.asfortranarray(labels[order])
    lacking = np.outer(proportions, totals)
    # Every row has the last label: what a fold lacks of it is the room left there.
    lacking[:, -1] = _round_at_random(lacking[:, -1], rng)
    left = totals.copy()
    folds = np.full(len(order), -1, dtype=np.intp)
    while left.any():
        label = np.argmin(np.where(left > 0, left, np.inf))
        rows = np.flatnonzero((labels[:, column[label]] == label) & (folds < 0))
        counts = _count(labels[rows], len(totals))
        shares = _share(lacking[:, label], lacking[:, -1], len(rows))
        if fair:
            # Of folds that lack it alike, those that lack its neighbours go first.
            shares = _round(shares, lacking @ (counts / np.maximum(totals, 1)), rng)
        else:
            # The largest fold lacks most of every label: it would take all rare ones.
            shares = _round_at_random(shares, rng)
        folds[rows] = _deal(shares, rng)
        for fold in np.flatnonzero(shares):
            lacking[fold] -= _count(labels[rows[folds[rows] == fold]], len(totals))
        left -= counts
    return folds[np.argsort(order)]


def _number_labels(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number the labels of all columns through.

    Return the number in each cell, the count and the column of each label. A column
    with one label everywhere is appended; missing labels have the number after it.
    """
    codes = np.where(codes >= 0, codes, -1).astype(np.int32)
    codes = np.column_stack([codes, np.zeros(len(codes), dtype=np.int32)])
    n_classes = codes.max(axis=0) + 1
    n_labels = n_classes.sum(dtype=np.int32)
    first = np.cumsum(n_classes, dtype=np.int32) - n_classes
    labels = np.where(codes >= 0, codes + first, n_labels)
    totals = _count(labels, n_labels)
    column = np.repeat(np.arange(len(n_classes)), n_classes)
    return labels, totals, column


def _count(labels: np.ndarray, n_labels: int) -> np.ndarray:
    return np.bincount(labels.ravel(), minlength=n_labels)[:n_labels]


def _order_by_pattern(
    labels: np.ndarray,
    totals: np.ndarray,
    column: np.ndarray,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Return a shuffled order of the rows that has those with the same labels together.

    The columns with the rarest labels decide first.
    """
    order = rng.permutation(len(labels))
    rarest = np.full(labels.shape[1], len(labels))
    np.minimum.at(rarest, column, totals)
    # Rows as strings of bytes: sorted at once, however many columns there are.
    rows = labels[np.ix_(order, np.argsort(rarest))].astype(">u4")
    rows = np.ascontiguousarray(rows).view(f"S{rows.itemsize * rows.shape[1]}")
    return order[np.argsort(rows.ravel(), kind="stable")]


def _share(lacking: np.ndarray, room: np.ndarray, total: int) -> np.ndarray:
    """Share `total` rows as the folds lack them, within the room of each.

    The shares are clip(lacking - level, 0, room) for the level that makes the sum.
    """
    levels = np.sort(np.concatenate([lacking, lacking - room]))
    sums = np.clip(lacking - levels[:, np.newaxis], 0, room).sum(axis=1)
    level = np.interp(total, sums[::-1], levels[::-1])
    return np.clip(lacking - level, 0, room)


def _round(
    shares: np.ndarray, need: np.ndarray, rng: np.random.RandomState
) -> np.ndarray:
    """Round shares to whole numbers of the same sum; ties go to the greater need."""
    shares = np.round(shares, 6)
    whole = np.floor(shares).astype(np.intp)
    n_more = round(shares.sum()) - whole.sum()
    chance = rng.random_sample(len(shares))
    by_fraction = np.lexsort([-chance, -need, whole - shares])
    whole[by_fraction[:n_more]] += 1
    return whole


def _round_at_random(shares: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Round shares to whole numbers of the same sum, whose means are the shares."""
    shuffled = rng.permutation(len(shares))
    shares = np.round(shares, 6)
    steps = np.concatenate([[0], np.cumsum(shares[shuffled])])
    steps[-1] = round(steps[-1])
    whole = np.empty(len(shares), dtype=np.intp)
    whole[shuffled] = np.diff(np.floor(steps + rng.random_sample()))
    return whole


def _deal(counts: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Return a sequence with each fold as often as counted, at even distances."""
    dealer = rng.permutation(len(counts))
    folds = np.repeat(dealer, counts[dealer])
    places = [(np.arange(count) + 0.5) / count for count in counts[dealer] if count]
    return folds[np.argsort(np.concatenate(places), kind="stable")]
