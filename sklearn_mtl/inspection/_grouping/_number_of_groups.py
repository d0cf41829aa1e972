"""How many groups of tasks there are: the partition that tells affinities shortest."""

import numpy as np

from sklearn_mtl.inspection._grouping._partitions import Labels, log_n_partitions

# What the affinities vary by within and between groups is taken to be at least this
# share of the largest one, as if so many more affinities varied by as much.
_SPREAD = 0.2
_N_PRIOR = 3.0
# Naming one of all partitions takes the logarithm of their number, and less than that
# if one of those that are nearly the same will do.
_NAMING = 0.7


def choose_partition(
    affinity: np.ndarray, partitions: list[Labels], threshold: float
) -> Labels:
    """Return one of the best partitions into 1, 2, ..., n_tasks groups.

    The affinity is symmetric, and NaN where it is not known. If no groups are to be
    told apart, it is one group where the mean affinity is above the threshold, else
    every task is alone.
    """
    n_tasks = len(affinity)
    upper = np.triu_indices(n_tasks, 1)
    values = affinity[upper]
    used = ~np.isnan(values)
    if not used.any():
        return partitions[-1]
    best, shortest = None, _length(values[used], None, n_tasks)
    for labels in partitions[1:-1]:
        same = labels[upper[0]] == labels[upper[1]]
        length = _length(values[used], same[used], n_tasks)
        length += _NAMING * log_n_partitions(n_tasks, labels.max() + 1)
        if length < shortest:
            best, shortest = labels, length
    if best is not None:
        return best
    return partitions[0] if values[used].mean() > threshold else partitions[-1]


def _length(values: np.ndarray, same: np.ndarray | None, n_tasks: int) -> float:
    """Return how long a text tells affinities, as one mean or as two, and their spread.

    Without a difference in the right direction it is endless. Affinities that share a
    task depend on each other, so that of many, some count. The numbers were chosen on
    planted groups and on tasks that are all related.
    """
    n = len(values)
    parameters = 0.0
    residuals = values - values.mean()
    if same is not None:
        if not same.any() or same.all():
            return np.inf
        within, between = values[same].mean(), values[~same].mean()
        if within <= between:
            return np.inf
        residuals = values - np.where(same, within, between)
        parameters = 0.5 * float(np.log(n))
    least = _N_PRIOR * (_SPREAD * np.abs(values).max()) ** 2
    if least == 0:
        return parameters
    variance = (residuals @ residuals + least) / (n + _N_PRIOR)
    n_counting = min(n, n_tasks * np.log2(n_tasks))
    return n_counting / 2 * float(np.log(variance)) + parameters
