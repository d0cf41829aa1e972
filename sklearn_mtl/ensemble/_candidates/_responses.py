"""What estimators predict, arranged by the classes that the tasks have as a whole.

An estimator may have seen some of the classes only, and has its own spelling of the
probabilities of several tasks.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_mtl._tasks import find_codes
from sklearn_mtl._validation import list_some


def respond(
    estimator: Any, X: Any, classes: Sequence[np.ndarray | None]
) -> list[np.ndarray]:
    """Return an array per task of those that the estimator has learnt.

    For classes, of shape (n_samples, n_classes): their probabilities, 0 for one that
    the estimator has not seen. Without `predict_proba`, that of the predicted class is
    1. For quantities, of shape (n_samples, 1).
    """
    if hasattr(estimator, "predict_proba"):
        own_classes = _as_list(estimator.classes_, len(classes))
        probabilities = _split(estimator.predict_proba(X), len(classes))
        return [
            _arrange(of_task, np.asarray(own), np.asarray(known))
            for of_task, own, known in zip(
                probabilities, own_classes, classes, strict=True
            )
        ]
    columns = predict_columns(estimator, X, classes)
    return [
        column[:, np.newaxis]
        if known is None
        else (column[:, np.newaxis] == known).astype(float)
        for column, known in zip(columns, classes, strict=True)
    ]


def predict_columns(
    estimator: Any, X: Any, classes: Sequence[np.ndarray | None]
) -> list[np.ndarray]:
    """Return the predicted labels of each task, in the dtype of its classes."""
    predicted = np.asarray(estimator.predict(X))
    table = predicted.reshape(len(predicted), len(classes))
    return [
        column.astype(float)
        if known is None
        else _pick_classes(column, known, type(estimator).__name__)
        for column, known in zip(table.T, classes, strict=True)
    ]


def choose_labels(response: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    """Return the most probable classes of a task, or its quantities."""
    return response[:, 0] if classes is None else classes[response.argmax(axis=1)]


def _pick_classes(column: np.ndarray, classes: np.ndarray, owner: str) -> np.ndarray:
    codes = find_codes(classes, column)
    if (codes < 0).any():
        raise ValueError(
            f"{owner} must predict classes of the task ({list_some(classes.tolist())}),"
            f" got {list_some(dict.fromkeys(column[codes < 0].tolist()))}."
        )
    return classes[codes]


def _as_list(classes: Any, n_tasks: int) -> list[np.ndarray]:
    return [classes] if n_tasks == 1 and not isinstance(classes, list) else classes


def _split(probabilities: Any, n_tasks: int) -> list[np.ndarray]:
    """Return an array per task, of what `predict_proba` returns.

    For tasks of two classes, some estimators return the probabilities of the second
    class, side by side.
    """
    if isinstance(probabilities, list):
        return probabilities
    if n_tasks == 1:
        return [probabilities]
    return np.hsplit(np.asarray(probabilities), n_tasks)


def _arrange(
    probabilities: np.ndarray, own_classes: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    if probabilities.shape[1] < len(own_classes):
        # Of two classes, the second one alone.
        probabilities = np.hstack([1 - probabilities, probabilities])
    codes = find_codes(classes, own_classes)
    arranged = np.zeros((len(probabilities), len(classes)))
    # A class with weight 0 everywhere is none of the task's.
    arranged[:, codes[codes >= 0]] = probabilities[:, codes >= 0]
    return arranged
