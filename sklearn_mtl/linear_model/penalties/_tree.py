from functools import lru_cache
from operator import index
from typing import Any

import numpy as np

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._thresholding import (
    shrink_entries,
    shrink_rows,
)


class TreePenalty(Penalty):
    r"""Tasks in a tree of groups: related tasks share more of their features.

    .. math:: \Omega(W) = \sum_j \sum_g \lambda_g \|W_{jg}\|_2

    Of each feature j all tasks of a group g may drop out together.

    Parameters
    ----------
    groups : list of array-like of int, default=None
        The groups of tasks by their numbers. Two groups are apart, or one is in the
        other, and every task is in one at least. None is the group of all tasks and one
        of each alone, which is ``SparseGroupPenalty(0.5)``.
    weights : array-like of shape (n_groups,), default=None
        The weight λ of each group, above 0. None is :math:`2^{-d}`, where d is the
        number of groups around the group, and one more if there are groups in it: the
        weights from the outermost group of a task to its innermost add up to 1.

    See Also
    --------
    SparseGroupPenalty : All tasks and each alone.
    L21Penalty : One group of all tasks.
    GraphPenalty : Related tasks have similar coefficients.

    References
    ----------
    Kim, S. and Xing, E. P. (2010). Tree-guided group lasso for multi-task regression
    with structured sparsity. ICML.

    Jenatton, R., Mairal, J., Obozinski, G. and Bach, F. (2011). Proximal methods for
    hierarchical sparse coding. JMLR, 12, 2297-2334.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import TreePenalty
    >>> TreePenalty([[0, 1, 2], [0, 1], [2]]).value([[3.0, 4.0, 12.0]])
    15.0
    """

    is_norm = True
    allows_positive = True
    relates_tasks = True
    _parameter_constraints: dict[str, Any] = {
        "groups": ["array-like", None],
        "weights": ["array-like", None],
    }

    def __init__(self, groups: Any = None, weights: Any = None) -> None:
        self.groups = groups
        self.weights = weights

    def _value(self, W: np.ndarray) -> float:
        of_tasks, groups = self._weigh(W.shape[1])
        return of_tasks @ np.abs(W).sum(axis=0) + sum(
            weight * np.linalg.norm(W[:, group], axis=1).sum()
            for group, weight in groups
        )

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        of_tasks, groups = self._weigh(W.shape[1])
        V = shrink_entries(W, step * of_tasks)
        # From the innermost to the outermost the proxes of the groups are that of all.
        for group, weight in groups:
            V[:, group] = shrink_rows(V[:, group], step * weight)
        return V

    def _weigh(self, n_tasks: int) -> "_WeightedGroups":
        groups = None if self.groups is None else tuple(map(tuple, self.groups))
        return _weigh_groups(
            groups, None if self.weights is None else tuple(self.weights), n_tasks
        )

    def _check(self, n_features: int, n_tasks: int) -> None:
        super()._check(n_features, n_tasks)
        owner = type(self).__name__
        if self.groups is not None:
            _check_groups(self.groups, n_tasks, owner)
        if self.weights is not None:
            n_groups = len(_list_groups(self.groups, n_tasks))
            _check_weights(self.weights, n_groups, owner)


# The weights of the tasks alone, and the larger groups with theirs, smallest first.
_WeightedGroups = tuple[np.ndarray, list[tuple[np.ndarray, float]]]


@lru_cache(maxsize=16)
def _weigh_groups(
    groups: tuple[tuple[int, ...], ...] | None,
    weights: tuple[float, ...] | None,
    n_tasks: int,
) -> _WeightedGroups:
    members = _list_groups(groups, n_tasks)
    if weights is None:
        weights = tuple(0.5 ** _measure_depths(members))
    of_tasks, larger = np.zeros(n_tasks), []
    for group, weight in sorted(
        zip(members, weights, strict=True), key=lambda pair: len(pair[0])
    ):
        if len(group) == 1:
            of_tasks[list(group)] += weight
        else:
            larger.append((np.array(sorted(group)), float(weight)))
    return of_tasks, larger


def _list_groups(groups: Any, n_tasks: int) -> list[set[int]]:
    if groups is not None:
        return [set(map(int, group)) for group in groups]
    alone = [{t} for t in range(n_tasks)]
    return [set(range(n_tasks)), *alone] if n_tasks > 1 else alone


def _measure_depths(groups: list[set[int]]) -> np.ndarray:
    """Return how many groups are around each, and one more if there are any in it."""
    inside = np.array([[a < b for b in groups] for a in groups])
    return inside.sum(axis=1) + inside.any(axis=0)


def _check_groups(groups: Any, n_tasks: int, owner: str) -> None:
    known: list[set[int]] = []
    for group in groups:
        tasks = _read_group(group, n_tasks)
        if tasks is None:
            expected = f"lists of different numbers of tasks from 0 to {n_tasks - 1}"
            raise parameter_error("groups", owner, expected, repr(group))
        for other in known:
            if not (tasks < other or other < tasks or tasks.isdisjoint(other)):
                expected = "different groups that are apart or nested"
                got = f"{sorted(other)} and {sorted(tasks)}"
                raise parameter_error("groups", owner, expected, got)
        known.append(tasks)
    if missing := set(range(n_tasks)).difference(*known):
        got = f"none of task {min(missing)}"
        raise parameter_error("groups", owner, "groups of all tasks", got)


def _read_group(group: Any, n_tasks: int) -> set[int] | None:
    """Return the tasks of a group, None if it is no list of them."""
    try:
        tasks = [index(task) for task in group]
    except TypeError:
        return None
    known = set(tasks)
    valid = known and len(known) == len(tasks) and known <= set(range(n_tasks))
    return known if valid else None


def _check_weights(weights: Any, n_groups: int, owner: str) -> None:
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (n_groups,) or not ((values > 0) & np.isfinite(values)).all():
        expected = f"a number above 0 for each of the {n_groups} group(s)"
        raise parameter_error("weights", owner, expected, weights)
