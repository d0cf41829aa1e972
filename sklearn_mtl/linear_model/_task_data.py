"""The rows that the tasks are learnt from."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse


def is_sparse(X: Any) -> bool:
    """Return whether it is a sparse matrix or array."""
    return bool(sparse.issparse(X))


@dataclass(frozen=True)
class TaskData:
    """Inputs, targets and weights.

    The weights of a task sum to 1, or to 0 if it has no loss; where they are 0 the
    targets are 0. `widths` has the columns of W of each task: one, or one per class.
    """

    X: Any
    targets: np.ndarray
    weights: np.ndarray
    widths: np.ndarray
    fit_intercept: bool

    @property
    def n_features(self) -> int:
        return self.X.shape[1]

    @property
    def n_tasks(self) -> int:
        return len(self.widths)

    @property
    def n_columns(self) -> int:
        return int(self.widths.sum())

    @cached_property
    def groups(self) -> list[np.ndarray]:
        """The tasks that share their weights and their width, group by group."""
        groups: dict[tuple[bytes, int], list[int]] = {}
        for t, width in enumerate(self.widths):
            key = self._by_task[t].tobytes(), int(width)
            groups.setdefault(key, []).append(t)
        return [np.array(tasks) for tasks in groups.values()]

    @cached_property
    def _by_task(self) -> np.ndarray:
        """The weights, task by task."""
        return np.ascontiguousarray(self.weights.T)

    def columns(self, tasks: np.ndarray) -> np.ndarray:
        """Return the columns of W that belong to the tasks."""
        ends = self.widths.cumsum()
        return np.concatenate(
            [np.arange(ends[t] - self.widths[t], ends[t]) for t in tasks]
        )

    def rows(self, tasks: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray]:
        """Return the inputs, targets and weights where a task has a weight."""
        kept = np.flatnonzero(self._by_task[tasks].any(axis=0))
        if len(kept) == len(self.weights):
            return self.X, self.targets[:, tasks], self.weights[:, tasks]
        index = np.ix_(kept, tasks)
        return self.X[kept], self.targets[index], self.weights[index]

    def n_values(self, tasks: np.ndarray) -> int:
        """Return how many values the inputs of the tasks hold."""
        kept = self._by_task[tasks].any(axis=0)
        if is_sparse(self.X):
            return int(np.diff(self.X.indptr)[kept].sum())
        return int(kept.sum()) * self.n_features


def make_task_data(
    X: Any,
    encoded: np.ndarray,
    weights: np.ndarray,
    widths: np.ndarray,
    fit_intercept: bool,
) -> TaskData:
    """Return the rows that have a weight, the weights of each task summing to 1."""
    kept = np.flatnonzero(weights.any(axis=1))
    if len(kept) < len(weights):
        X, encoded, weights = X[kept], encoded[kept], weights[kept]
    return weigh_rows(X, encoded, weights, widths, fit_intercept)


def weigh_rows(
    X: Any,
    encoded: np.ndarray,
    weights: np.ndarray,
    widths: np.ndarray,
    fit_intercept: bool,
) -> TaskData:
    """Return all rows, the weights of each task summing to 1."""
    totals = weights.sum(axis=0)
    weights = np.divide(weights, totals, np.zeros_like(weights), where=totals > 0)
    targets = np.where(weights > 0, encoded, 0.0)
    return TaskData(X, targets, weights, widths, fit_intercept)
