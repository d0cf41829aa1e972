"""Mean ranks of methods and whether they differ (Demšar, 2006).

Tables of scores have a row per data set or task and a column per method.

References
----------
.. [1] Demšar, J. (2006). "Statistical comparisons of classifiers over multiple data
   sets." Journal of Machine Learning Research 7, 1-30.
"""

import numpy as np
import pandas as pd
from scipy.stats import chi2, rankdata, studentized_range


def rank_methods(scores: pd.DataFrame, greater_is_better: bool) -> pd.DataFrame:
    """Return the rank of each method in each row, 1 for the best, means of ties."""
    values = -scores.to_numpy() if greater_is_better else scores.to_numpy()
    return pd.DataFrame(rankdata(values, axis=1), scores.index, scores.columns)


def friedman_test(ranks: pd.DataFrame) -> float:
    """Return the p-value of the methods being alike.

    The statistic, corrected for ties, has a chi-squared distribution with one degree of
    freedom less than there are methods, for many rows.
    """
    n_rows, n_methods = ranks.shape
    values = ranks.to_numpy()
    expected = (n_methods + 1) / 2
    between = n_rows * ((values.mean(axis=0) - expected) ** 2).sum()
    within = ((values - expected) ** 2).sum() / (n_rows * (n_methods - 1))
    return float(chi2.sf(between / within, n_methods - 1))


def critical_difference(n_methods: int, n_rows: int, alpha: float = 0.05) -> float:
    """Return how far apart mean ranks must be to differ, by Nemenyi's test."""
    quantile = studentized_range.ppf(1 - alpha, n_methods, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(n_methods * (n_methods + 1) / (6 * n_rows)))


def find_cliques(mean_ranks: np.ndarray, difference: float) -> list[tuple[int, int]]:
    """Return the first and last place of each largest group that does not differ.

    The ranks are sorted; a method that is alone is no group.
    """
    last = np.searchsorted(mean_ranks, mean_ranks + difference, side="right") - 1
    cliques: list[tuple[int, int]] = []
    for first, end in enumerate(last.tolist()):
        if end > first and (not cliques or end > cliques[-1][1]):
            cliques.append((first, end))
    return cliques
