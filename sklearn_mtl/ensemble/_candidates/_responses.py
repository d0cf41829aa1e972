"""What estimators predict, arranged by the classes that the tasks have as a whole.

An estimator may have seen some of the classes only, and has its own spelling of the
probabilities of several tasks.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_mtl._tasks import find_codes


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
    dtypes = [np.dtype(float) if known is None else known.dtype for known in classes]
    return [table[:, t].astype(dtype) for t, dtype in enumerate(dtypes)]


def _as_list(classes: Any, n_tasks: int) -> list[np.ndarray]:
    return [classes] if n_tasks == 1 and not isinstance(classes, list) else classes


def _split(probabilities: Any, n_tasks: int) -> list[np.ndarray]:
    """Return an array per task, of what `predict_proba` returns.

    For several tasks of two classes, some estimators return the probabilities of the
    second class, side by side.
    """
    if isinstance(probabilities, list):
        return probabilities
    if n_tasks == 1:
        return [probabilities]
    return [np.column_stack([1 - p, p]) for p in np.asarray(probabilities).T]


def _arrange(
    probabilities: np.ndarray, own_classes: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    codes = find_codes(classes, own_classes)
    arranged = np.zeros((len(probabilities), len(classes)))
    # A class with weight 0 everywhere is none of the task's.
    arranged[:, codes[codes >= 0]] = probabilities[:, codes >= 0]
    return arranged
