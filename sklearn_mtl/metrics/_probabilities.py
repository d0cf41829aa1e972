"""Which column of probabilities belongs to which class."""

import warnings

import numpy as np

from sklearn_mtl._tasks import find_codes
from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.metrics._pairs import Pair


def arrange_probabilities(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Return one column per class, and the classes: sorted, with all that have labels.

    A class that has no column, as the estimator never saw it, has probability 0.
    """
    probabilities = _as_columns(pair)
    n_columns = probabilities.shape[1]
    labels = np.unique(pair.y_true)
    classes = pair.classes
    if classes is None:
        classes = _guess_classes(labels, n_columns, pair)
    known = np.unique(classes)
    if not len(known) == len(classes) == n_columns:
        expected = f"{n_columns} different classes for the task {pair.task!r}"
        got = list_some(classes.tolist())
        raise parameter_error("classes", pair.owner, expected, got)
    unknown = labels[find_codes(known, labels) < 0]
    if len(unknown):
        message = (
            f"The labels {list_some(unknown.tolist())} of the task {pair.task!r} are "
            f"not among its classes, {list_some(known.tolist())}"
        )
        if len(unknown) == len(labels):
            raise ValueError(f"{message}.")
        warnings.warn(f"{message}; their probability is taken as 0.", stacklevel=2)
    every = np.unique(np.concatenate([known, unknown]))
    arranged = np.zeros((len(probabilities), len(every)), dtype=probabilities.dtype)
    arranged[:, find_codes(every, classes)] = probabilities
    return arranged, every


def _as_columns(pair: Pair) -> np.ndarray:
    if pair.y_pred.ndim == 2:
        return pair.y_pred
    if pair.classes is not None and len(pair.classes) == 1:
        return pair.y_pred[:, np.newaxis]
    return np.column_stack([1 - pair.y_pred, pair.y_pred])


def _guess_classes(labels: np.ndarray, n_columns: int, pair: Pair) -> np.ndarray:
    if len(labels) == n_columns:
        return labels
    if n_columns == 2 and set(labels.tolist()) <= {0, 1}:
        return np.array([0, 1], dtype=labels.dtype)
    raise parameter_error(
        "classes",
        pair.owner,
        f"given for the task {pair.task!r}, which has {n_columns} columns in Y_pred",
        f"None and labels of {len(labels)} class(es)",
    )
