from typing import Any

import numpy as np

from sklearn_mtl._tasks import Targets, read_targets
from sklearn_mtl._validation import list_some, parameter_error

_OWNER = "targets_from_long"


def targets_from_long(y: Any, task: Any) -> tuple[np.ndarray, list[str]]:
    """Spread the labels of rows that each belong to one task over one column per task.

    Use it for data in long format, such as the exam scores of the pupils of many
    schools, one school a task: a row keeps its place and its label, which is missing
    for all tasks but its own.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        The label of each row. A label may be missing (NaN, None or pd.NA).
    task : array-like of shape (n_samples,)
        The task that each row belongs to: integers, strings or categories.

    Returns
    -------
    Y : ndarray of shape (n_samples, n_tasks)
        The labels: floats, NaN where missing, if `y` holds numbers or booleans; else
        objects, None where missing.
    task_names : list of str
        The names of the tasks, in the order of their sorted ids. A task of which no row
        is left, such as an unused category, is not among them.

    Raises
    ------
    ValueError
        If `y` or `task` is not 1-D, their lengths differ, or the task of a row is
        missing.

    See Also
    --------
    make_multitask_regression : Related tasks that share their rows.

    Examples
    --------
    >>> from sklearn_mtl.datasets import targets_from_long
    >>> Y, task_names = targets_from_long(
    ...     [21.0, 35.0, 28.0], task=["north", "east", "north"]
    ... )
    >>> Y
    array([[nan, 21.],
           [35., nan],
           [nan, 28.]])
    >>> task_names
    ['east', 'north']
    """
    labels, labelled = _read_column(y, "y")
    ids, identified = _read_column(task, "task")
    if len(labels) != len(ids):
        raise parameter_error(
            "task", _OWNER, f"of the length of y, {len(labels)}", len(ids)
        )
    if not identified.all():
        rows = list_some(np.flatnonzero(~identified).tolist())
        raise parameter_error(
            "task", _OWNER, "known for every row", f"none in row(s) {rows}"
        )
    names, column = np.unique(ids, return_inverse=True)
    Y = _empty_targets((len(labels), len(names)), labels.dtype)
    Y[labelled, column[labelled]] = labels[labelled]
    return Y, [str(name) for name in names]


def _read_column(values: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    targets: Targets = read_targets(values, owner=_OWNER, name=name)
    if not targets.one_dimensional:
        shape = (targets.n_samples, targets.n_tasks)
        raise parameter_error(
            name, _OWNER, "1-D, one value per row", f"an array of shape {shape}"
        )
    return targets.columns[0], targets.observed[:, 0]


def _empty_targets(shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    if dtype.kind not in "biuf":
        return np.full(shape, None, dtype=object)
    return np.full(shape, np.nan, dtype=dtype if dtype.kind == "f" else np.float64)
