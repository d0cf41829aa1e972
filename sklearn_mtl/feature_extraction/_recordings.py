"""Recordings of equal or different length, as they may be given."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data


def check_recordings(
    estimator: BaseEstimator, X: Any, *, reset: bool
) -> Sequence[np.ndarray]:
    """Return a table with a recording in each row, or a list of 1-D arrays.

    A table must be as wide as that of `fit`; with `reset` it sets that width.
    """
    owner = type(estimator).__name__
    if _is_list_of_rows(X):
        if reset and hasattr(estimator, "n_features_in_"):
            del estimator.n_features_in_
        if not len(X):
            raise ValueError(
                f"Found array with 0 sample(s): {owner} takes at least one recording."
            )
        return list(_check_rows(X, owner))
    return validate_data(estimator, X, reset=reset)


def _is_list_of_rows(X: Any) -> bool:
    if isinstance(X, np.ndarray):
        return X.ndim == 1 and X.dtype == object
    return isinstance(X, (list, tuple)) and not any(np.ndim(row) == 0 for row in X)


def _check_rows(X: Sequence[Any], owner: str) -> Iterator[np.ndarray]:
    for i, row in enumerate(X):
        row = np.asarray(row)
        if row.ndim != 1 or row.dtype.kind not in "fiu" or not row.size:
            raise ValueError(
                f"{owner} takes recordings as 1-D arrays of numbers, one after the "
                f"other in time, got shape {row.shape} of {row.dtype} as number {i}."
            )
        if row.dtype.kind == "f" and not np.isfinite(row).all():
            raise ValueError(
                f"{owner} takes finite samples, got NaN or infinity in recording {i}."
            )
        yield row
