"""The order of tasks in a heat map: a tree of those that go together."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import dendrogram, leaves_list, linkage
from scipy.spatial.distance import squareform

from sklearn_mtl._validation import check_task_names, parameter_error

# The best order of the leaves takes long to find for more.
_MAX_ORDERED = 200


class TaskTree:
    """Hierarchical clustering of tasks by affinity, with given groups kept together."""

    def __init__(self, affinity: np.ndarray, groups: Sequence[np.ndarray]) -> None:
        known = ~np.isnan(affinity) & ~np.isnan(affinity.T)
        self.symmetric = bool(np.allclose(affinity[known], affinity.T[known]))
        n_tasks = len(affinity)
        if n_tasks < 2:
            self.order = np.arange(n_tasks, dtype=np.intp)
            return
        distances = squareform(_distances(affinity), checks=False)
        if sum(map(len, groups)) == len(np.unique(np.concatenate([[-1], *groups]))) - 1:
            distances = _keep_together(distances, groups, n_tasks)
        self._tree = linkage(
            distances, "average", optimal_ordering=n_tasks <= _MAX_ORDERED
        )
        self.order = leaves_list(self._tree).astype(np.intp)

    def branches(self) -> Iterator[tuple[list[float], list[float]]]:
        """Yield the points of each branch, with the leaves at 0, 1, 2, ..."""
        drawn = dendrogram(self._tree, no_plot=True)
        for x, y in zip(drawn["icoord"], drawn["dcoord"], strict=True):
            # scipy has the leaves at 5, 15, 25, ...
            yield [(value - 5) / 10 for value in x], [float(value) for value in y]


def read_groups(groups: Any, names: Sequence[str], owner: str) -> list[np.ndarray]:
    """Return the positions of the tasks of each group.

    They may be one label per task, lists of tasks, or a table of bool with a row per
    group, as `group_tasks` returns.
    """
    if groups is None:
        return []
    if np.ndim(groups) == 2 and np.asarray(groups).dtype == bool:
        table = np.asarray(groups)
        if table.shape[1] != len(names):
            expected = f"a table of bool with {len(names)} columns, one per task"
            raise parameter_error("groups", owner, expected, f"shape {table.shape}")
        return [np.flatnonzero(row) for row in dict.fromkeys(map(tuple, table))]
    groups = list(groups)
    if any(np.ndim(group) for group in groups):
        return [_find_tasks(group, names, owner) for group in groups]
    if len(groups) != len(names):
        expected = f"a group for each of the {len(names)} tasks, or a list of lists"
        raise parameter_error("groups", owner, expected, f"{len(groups)} groups")
    labels = np.array([str(group) for group in groups])
    return [np.flatnonzero(labels == label) for label in dict.fromkeys(labels)]


def find_runs(chosen: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield where each run of True starts, and its length."""
    edges = np.diff(chosen.astype(int), prepend=0, append=0)
    starts = np.flatnonzero(edges == 1)
    yield from zip(starts, np.flatnonzero(edges == -1) - starts, strict=True)


def _find_tasks(group: Any, names: Sequence[str], owner: str) -> np.ndarray:
    positions = []
    for task in group:
        if not isinstance(task, str) and task in range(len(names)):
            positions.append(int(task))
        else:
            check_task_names([task], names, "groups", owner)
            positions.append(list(names).index(str(task)))
    return np.array(positions, dtype=np.intp)


def _distances(affinity: np.ndarray) -> np.ndarray:
    """Return how far apart tasks are, as far as the mean where it is not known."""
    both = np.stack([affinity, affinity.T])
    known = ~np.isnan(both)
    n_known = known.sum(axis=0)
    sums = np.where(known, both, 0).sum(axis=0)
    off_diagonal = ~np.eye(len(affinity), dtype=bool)
    there = (n_known > 0) & off_diagonal
    mean = sums / np.maximum(n_known, 1)
    if not there.any():
        return off_diagonal.astype(np.float64)
    mean[~there] = mean[there].mean()
    distances = mean[off_diagonal].max() - mean
    # A tree needs some height, even if all are alike.
    distances += 1e-3 * (np.ptp(mean[off_diagonal]) or 1)
    np.fill_diagonal(distances, 0)
    return distances


def _keep_together(
    distances: np.ndarray, groups: Sequence[np.ndarray], n_tasks: int
) -> np.ndarray:
    """Put groups further apart than their own tasks are."""
    square = squareform(distances)
    group_of = np.arange(n_tasks)
    for g, group in enumerate(groups):
        group_of[group] = n_tasks + g
    same = group_of[:, np.newaxis] == group_of
    within = square[same].max(initial=0)
    square[~same] = np.maximum(square[~same], within * (1 + 1e-6))
    return squareform(square, checks=False)
