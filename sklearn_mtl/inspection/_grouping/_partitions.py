"""Partitions of a few tasks, or of many: the best ones for every number of groups."""

from math import lgamma

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import squareform

Labels = np.ndarray


def partition_value(affinity: np.ndarray, labels: Labels) -> float:
    """Return the sum over tasks of the mean affinity with those of its group.

    The affinity is symmetric with zeros on the diagonal. A task alone counts 0.
    """
    mates = labels[:, np.newaxis] == labels
    counts = np.maximum(mates.sum(axis=1) - 1, 1)
    return float(((affinity * mates).sum(axis=1) / counts).sum())


def number_in_order(labels: Labels) -> Labels:
    """Return the labels numbered in the order in which they first appear."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty_like(first)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def exact_partitions(affinity: np.ndarray) -> list[Labels]:
    """Return the best partition into 1, 2, ..., n_tasks groups, of all there are.

    Over subsets, as bit masks: the best partition of a set is its lowest task with some
    others, and the best partition of the rest. That is 3^n steps for n tasks.
    """
    n_tasks = len(affinity)
    values = _subset_values(affinity)
    best = np.full((n_tasks + 1, 1 << n_tasks), -np.inf)
    choice = np.zeros((n_tasks + 1, 1 << n_tasks), dtype=np.int64)
    best[0, 0] = 0.0
    for tasks in range(1, 1 << n_tasks):
        groups = _subsets_with_lowest(tasks)
        sums = values[groups] + best[:-1, tasks ^ groups]
        chosen = sums.argmax(axis=1)
        best[1:, tasks] = sums[np.arange(n_tasks), chosen]
        choice[1:, tasks] = groups[chosen]
    return [_read_choice(choice, n_groups) for n_groups in range(1, n_tasks + 1)]


def _subset_values(affinity: np.ndarray) -> np.ndarray:
    """Return what a group is worth, for every subset of the tasks."""
    n_tasks = len(affinity)
    masks = np.arange(1 << n_tasks)
    members = (masks[:, np.newaxis] >> np.arange(n_tasks) & 1).astype(np.float64)
    sums = np.einsum("st,st->s", members @ affinity, members)
    return sums / np.maximum(members.sum(axis=1) - 1, 1)


def _subsets_with_lowest(tasks: int) -> np.ndarray:
    """Return the subsets of a set that contain its lowest element."""
    lowest = tasks & -tasks
    subsets = np.array([lowest])
    rest = tasks ^ lowest
    while rest:
        bit = rest & -rest
        subsets = np.concatenate([subsets, subsets | bit])
        rest ^= bit
    return subsets


def _read_choice(choice: np.ndarray, n_groups: int) -> Labels:
    n_tasks = len(choice) - 1
    labels = np.empty(n_tasks, dtype=np.int64)
    left = (1 << n_tasks) - 1
    for group in range(n_groups):
        chosen = choice[n_groups - group, left]
        labels[(chosen >> np.arange(n_tasks) & 1).astype(bool)] = group
        left ^= chosen
    return labels


def hierarchical_partitions(affinity: np.ndarray) -> list[Labels]:
    """Return the partition into 1, 2, ..., n_tasks groups of average linkage."""
    n_tasks = len(affinity)
    distances = affinity.max() - affinity
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "average")
    # A cut at a height would leave fewer groups where several merge at once.
    by_merge = cut_tree(tree)
    return [number_in_order(by_merge[:, -k]) for k in range(1, n_tasks + 1)]


def spectral_partitions(affinity: np.ndarray, n_groups: list[int]) -> list[Labels]:
    """Return a spectral partition into each of some numbers of groups."""
    from sklearn.cluster import SpectralClustering

    weights = np.maximum(affinity, 0.0)
    # A little of everything, so that the graph is connected.
    weights = weights + 1e-3 * max(weights.max(), 1e-12)
    np.fill_diagonal(weights, weights.max())
    found = []
    for k in n_groups:
        if k in (1, len(affinity)):
            labels = np.zeros(len(affinity)) if k == 1 else np.arange(len(affinity))
        else:
            labels = SpectralClustering(
                k,
                affinity="precomputed",
                assign_labels="cluster_qr",
                random_state=0,
            ).fit_predict(weights)
        found.append(number_in_order(labels.astype(np.int64)))
    return found


def refine(affinity: np.ndarray, labels: Labels) -> Labels:
    """Move single tasks to other groups while that raises the value; none gets empty.

    A group with affinities of sum W between its n tasks is worth W / (n - 1).
    """
    labels = labels.copy()
    is_in = (labels[:, np.newaxis] == np.arange(labels.max() + 1)).astype(np.float64)
    sizes, sums = is_in.sum(axis=0), affinity @ is_in
    totals = (sums * is_in).sum(axis=0)
    moved = True
    while moved:
        moved = False
        for task in range(len(labels)):
            home = labels[task]
            if sizes[home] == 1:
                continue
            joined = _worth(totals + 2 * sums[task], sizes + 1)
            gains = joined - _worth(totals, sizes)
            left = _worth(totals[home] - 2 * sums[task, home], sizes[home] - 1)
            gains += left - _worth(totals[home], sizes[home])
            gains[home] = 0.0
            best = int(gains.argmax())
            if gains[best] <= 1e-12:
                continue
            totals[home] -= 2 * sums[task, home]
            totals[best] += 2 * sums[task, best]
            sizes[home] -= 1
            sizes[best] += 1
            sums[:, home] -= affinity[:, task]
            sums[:, best] += affinity[:, task]
            labels[task], moved = best, True
    return number_in_order(labels)


def _worth(totals: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    return totals / np.maximum(sizes - 1, 1)


def log_n_partitions(n_tasks: int, n_groups: int) -> float:
    """Return the logarithm of the number of partitions into so many groups."""
    row = np.full(n_groups + 1, -np.inf)
    row[0] = 0.0
    sizes = np.log(np.maximum(np.arange(n_groups + 1), 1))
    for _ in range(n_tasks):
        row = np.logaddexp(row + sizes, np.concatenate([[-np.inf], row[:-1]]))
        row[0] = -np.inf
    return float(min(row[n_groups], lgamma(n_tasks + 1)))
