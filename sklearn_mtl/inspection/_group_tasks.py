import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_mtl._validation import check_option, parameter_error
from sklearn_mtl.inspection._grouping._number_of_groups import choose_partition
from sklearn_mtl.inspection._grouping._partitions import (
    Labels,
    exact_partitions,
    hierarchical_partitions,
    number_in_order,
    partition_value,
    refine,
    spectral_partitions,
)

_OWNER = "group_tasks"
METHODS = ("auto", "exact", "hierarchical", "spectral")
_MAX_EXACT = 12
# An exact search over more tasks takes hours.
_MAX_POSSIBLE = 16
# Spectral clustering into each of more numbers of groups takes long.
_MAX_SPECTRAL = 12


@validate_params(
    {
        "n_groups": [Interval(Integral, 1, None, closed="left"), str],
        "method": [str],
        "overlapping": ["boolean"],
        "threshold": [Interval(Real, None, None, closed="neither")],
    },
    prefer_skip_nested_validation=True,
)
def group_tasks(
    affinity: Any,
    n_groups: int | str = "auto",
    *,
    method: str = "auto",
    overlapping: bool = False,
    threshold: float = 0.0,
) -> np.ndarray:
    r"""Group tasks that help each other.

    A partition is looked for that makes

    .. math::
        \sum_t \frac{1}{|G(t)| - 1} \sum_{s \in G(t),\, s \ne t} A_{st}

    large, the sum over tasks of the mean affinity that the others of their group
    :math:`G(t)` have to them [1]_ [2]_; a task alone counts `threshold`.

    Parameters
    ----------
    affinity : DataFrame or array-like of shape (n_tasks, n_tasks)
        What the task of a row does to the task of a column, above 0 if it helps. The
        diagonal does not count; NaN is not known.
    n_groups : int or "auto", default="auto"
        The number of groups. "auto" finds it, see Notes.
    method : {"auto", "exact", "hierarchical", "spectral"}, default="auto"
        How to search: "exact" over all partitions, for up to 16 tasks; "hierarchical"
        by average linkage and "spectral" by the eigenvectors of the affinities, both
        with single tasks moved as long as that is better. "auto" is "exact" for up to
        12 tasks, else the better of the two others.
    overlapping : bool, default=False
        Whether a task may also help a group that is not its own.
    threshold : float, default=0.0
        The affinity from which on it pays to learn together.

    Returns
    -------
    ndarray of int of shape (n_tasks,), or of bool of shape (n_tasks, n_tasks)
        The group of each task, numbered in the order of their first tasks. With
        `overlapping`, row t says which tasks are to be learnt along with task t, itself
        included: its group, and the tasks outside that help the group as much as its
        members do. Both are what `groups` of :class:`GroupedTasksClassifier` takes.

    Raises
    ------
    ValueError
        If the affinity is not a square matrix, there are more groups than tasks, or an
        exact search would take too long.

    See Also
    --------
    task_affinity : Find the affinities.
    TaskAffinityDisplay : Draw them with the groups.
    GroupedTasksClassifier : Learn each group by itself.

    Notes
    -----
    The mean affinity alone never stops to ask for smaller groups: in noise, the best
    pair is always better than the whole. "auto" therefore takes, of the best partitions
    into 1, 2, ... groups, the one by which the affinities are told shortest: as two
    means, within groups and between, and a spread around them, and the choice of one of
    all partitions into so many groups. If one mean for all tells them as well, there
    are no groups to tell apart: it is one group if the mean is above the threshold,
    else every task is alone.

    The exact search goes over subsets, and finds the best of all partitions for every
    number of groups at once.

    References
    ----------
    .. [1] T. Standley, A. Zamir, D. Chen, L. Guibas, J. Malik and S. Savarese, "Which
       Tasks Should Be Learned Together in Multi-task Learning?", ICML 2020.
    .. [2] C. Fifty, E. Amid, Z. Zhao, T. Yu, R. Anil and C. Finn, "Efficiently
       Identifying Task Groupings for Multi-Task Learning", NeurIPS 2021.

    Examples
    --------
    >>> from sklearn_mtl.inspection import group_tasks
    >>> affinity = [
    ...     [1.0, 0.1, 0.6, 0.0],
    ...     [0.1, 1.0, 0.0, 0.5],
    ...     [0.6, 0.0, 1.0, 0.1],
    ...     [0.0, 0.5, 0.1, 1.0],
    ... ]
    >>> group_tasks(affinity)
    array([0, 1, 0, 1])
    >>> group_tasks(affinity, n_groups=3)
    array([0, 1, 0, 2])
    """
    check_option(method, METHODS, "method", _OWNER)
    A = _check_affinity(affinity)
    n_tasks = len(A)
    if isinstance(n_groups, str):
        check_option(n_groups, ["auto"], "n_groups", _OWNER)
    elif n_groups > n_tasks:
        expected = f"'auto' or at most {n_tasks}, the number of tasks"
        raise parameter_error("n_groups", _OWNER, expected, n_groups)
    symmetric = _symmetrise(A)
    # Pairs that are not known neither speak for a group nor against it.
    values = np.where(np.isnan(symmetric), 0.0, symmetric - threshold)
    np.fill_diagonal(values, 0.0)
    if n_tasks < 3:
        labels = _group_few(values, n_groups)
    else:
        partitions = _search(values, method, n_groups)
        if isinstance(n_groups, str):
            labels = choose_partition(symmetric, partitions, threshold)
        else:
            labels = partitions[0]
    labels = number_in_order(labels)
    return _add_helpers(A - threshold, labels) if overlapping else labels


def _check_affinity(affinity: Any) -> np.ndarray:
    A = np.asarray(affinity, dtype=np.float64)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or not len(A):
        raise parameter_error("affinity", _OWNER, "a square matrix", f"shape {A.shape}")
    if np.isinf(A).any():
        raise parameter_error("affinity", _OWNER, "finite or NaN", "infinity")
    if np.isnan(A[~np.eye(len(A), dtype=bool)]).all() and len(A) > 1:
        warnings.warn(
            "No affinity given to group_tasks is known: every task is alone.",
            stacklevel=4,
        )
    return A


def _symmetrise(A: np.ndarray) -> np.ndarray:
    """Return the mean of both directions, or the one that is known."""
    return np.where(np.isnan(A), A.T, np.where(np.isnan(A.T), A, (A + A.T) / 2))


def _group_few(values: np.ndarray, n_groups: int | str) -> Labels:
    n_tasks = len(values)
    together = values[0, -1] > 0 if isinstance(n_groups, str) else n_groups == 1
    return np.zeros(n_tasks, np.int64) if together else np.arange(n_tasks)


def _search(values: np.ndarray, method: str, n_groups: int | str) -> list[Labels]:
    """Return the best partition for every number of groups, or for the one asked."""
    n_tasks = len(values)
    numbers = [*range(1, n_tasks + 1)] if isinstance(n_groups, str) else [n_groups]
    if method == "exact" and n_tasks > _MAX_POSSIBLE:
        expected = (
            f"'auto', 'hierarchical' or 'spectral' for over {_MAX_POSSIBLE} tasks"
        )
        raise parameter_error("method", _OWNER, expected, repr(method))
    if method == "exact" or (method == "auto" and n_tasks <= _MAX_EXACT):
        found = exact_partitions(values)
        return [found[k - 1] for k in numbers]
    candidates: dict[int, list[Labels]] = {k: [] for k in numbers}
    if method != "spectral":
        by_number = hierarchical_partitions(values)
        for k in numbers:
            candidates[k].append(by_number[k - 1])
    if method != "hierarchical":
        few = [
            k
            for k in numbers
            if k <= _MAX_SPECTRAL or k == n_tasks or len(numbers) == 1
        ]
        for k, labels in zip(few, spectral_partitions(values, few), strict=True):
            candidates[k].append(labels)
    return [_best(values, candidates[k]) for k in numbers if candidates[k]]


def _best(values: np.ndarray, candidates: list[Labels]) -> Labels:
    refined = [refine(values, labels) for labels in candidates]
    return max(refined, key=lambda labels: partition_value(values, labels))


def _add_helpers(A: np.ndarray, labels: Labels) -> np.ndarray:
    """Return what each task is to be learnt with: its group, and who helps it as much.

    To help a task alone, an affinity above the threshold must do.
    """
    known = np.where(np.isnan(A), 0.0, A)
    np.fill_diagonal(known, 0.0)
    together = labels[:, np.newaxis] == labels
    for group in range(labels.max() + 1):
        home = labels == group
        n = home.sum()
        within = known[np.ix_(home, home)].sum() / (n * (n - 1)) if n > 1 else 0.0
        given = known[:, home].mean(axis=1)
        helps = ~home & (given > 0) & (given >= within)
        together[np.ix_(home, helps)] = True
    return together
