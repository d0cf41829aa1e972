from collections.abc import Sequence
from itertools import combinations
from math import comb
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_mtl._validation import list_some, parameter_error

_MAX_POINTS = 100_000


@validate_params(
    {
        "tasks": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "n_divisions": [Interval(Integral, 1, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def task_weight_grid(
    tasks: int | Sequence[Any], n_divisions: int
) -> list[np.ndarray] | list[dict[Any, float]]:
    """List the task weights of an even grid, to search over.

    The grid holds every way to cut a total weight of 1 into one part per task, where
    each part is a multiple of 1 / `n_divisions`::

        { w : w_t = k_t / n_divisions, k_t = 0, 1, 2, ..., sum_t w_t = 1 }

    For T tasks these are C(`n_divisions` + T - 1, T - 1) points: 15 for three tasks and
    4 divisions, but 715 for ten tasks. Each corner, which gives all weight to one task,
    is among them; the point that gives none to any task is not.

    Parameters
    ----------
    tasks : int or sequence of str
        The number of tasks, or their names.
    n_divisions : int
        How many parts the total weight is cut into. Choose a multiple of the number of
        tasks to have equal weights in the grid.

    Returns
    -------
    list of ndarray of shape (n_tasks,), or list of dict
        The weights: arrays for a number of tasks, dicts from name to weight for names.
        The first point gives all weight to the last task, the last one to the first.

    Raises
    ------
    ValueError
        If the grid would have more than 100000 points.

    See Also
    --------
    sklearn.model_selection.GridSearchCV : Search over the grid.
    sklearn.model_selection.RandomizedSearchCV : Try some of its points.

    Examples
    --------
    >>> from sklearn_mtl.model_selection import task_weight_grid
    >>> task_weight_grid(2, 4)
    [array([0., 1.]), array([0.25, 0.75]), array([0.5, 0.5]), array([0.75, 0.25]),
     array([1., 0.])]
    >>> task_weight_grid(["digit", "parity"], 1)
    [{'digit': 0.0, 'parity': 1.0}, {'digit': 1.0, 'parity': 0.0}]

    In a pipeline whose step ``net`` has the parameter ``task_weights``, the grid to
    give to :class:`~sklearn.model_selection.GridSearchCV` is

    >>> param_grid = {"net__task_weights": task_weight_grid(3, 4)}
    """
    n_tasks, names = _read_tasks(tasks)
    n_points = comb(n_divisions + n_tasks - 1, n_tasks - 1)
    if n_points > _MAX_POINTS:
        raise parameter_error(
            "n_divisions",
            "task_weight_grid",
            f"small enough to make at most {_MAX_POINTS} points",
            f"{n_divisions}, which makes {n_points} for {n_tasks} tasks",
        )
    # The parts lie between n_tasks - 1 bars among n_divisions stars.
    bars = combinations(range(n_divisions + n_tasks - 1), n_tasks - 1)
    edges = np.full((n_points, n_tasks + 1), -1)
    edges[:, 1:-1] = list(bars)
    edges[:, -1] = n_divisions + n_tasks - 1
    grid = (np.diff(edges) - 1) / n_divisions
    if names is None:
        return list(grid)
    return [dict(zip(names, weights, strict=True)) for weights in grid.tolist()]


def _read_tasks(tasks: Any) -> tuple[int, list[Any] | None]:
    """Return the number of tasks, and their names if they have any."""
    if isinstance(tasks, Integral):
        return int(tasks), None
    names = list(tasks)
    if not names or len(set(names)) < len(names):
        raise parameter_error(
            "tasks",
            "task_weight_grid",
            "a number of tasks or a sequence of unique names",
            list_some(names) or "an empty sequence",
        )
    return len(names), names
