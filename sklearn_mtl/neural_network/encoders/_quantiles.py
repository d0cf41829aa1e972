"""Quantiles of weighted rows."""

from collections.abc import Iterator, Sequence

import numpy as np


def weighted_quantiles(
    X: np.ndarray, weights: np.ndarray, levels: Sequence[float]
) -> np.ndarray:
    """Return the quantiles of each column, (n_levels, n_columns), NaN left out.

    A quantile is the smallest value up to which the rows have that share of the weight,
    so that a row of weight 2 is the same as two rows. A column of NaN has NaN.
    """
    found = np.full((len(levels), X.shape[1]), np.nan)
    for j, (values, shares) in enumerate(_columns(X, weights)):
        if len(values):
            places = np.searchsorted(shares, np.asarray(levels) - 1e-12)
            found[:, j] = values[np.minimum(places, len(values) - 1)]
    return found


def _columns(
    X: np.ndarray, weights: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the sorted values of each column, and the share of the weight up to each.

    Rows without weight are left out.
    """
    counts = weights > 0
    weights = weights[counts]
    for every in X.T:
        column = every[counts]
        known = ~np.isnan(column)
        order = np.argsort(column[known], kind="stable")
        total = np.cumsum(weights[known][order])
        yield column[known][order], total / total[-1] if len(total) else total
