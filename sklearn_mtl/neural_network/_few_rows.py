"""A few rows of numbers, to answer one request: checks that cost microseconds."""

from typing import Any

import numpy as np

# With more numbers than this, the checks of scikit-learn are no cost to speak of.
_FEW_NUMBERS = 10_000
# What is smaller is a number of every precision.
_LARGEST = 1e38


def read_few_rows(estimator: Any, X: Any, dtype: Any) -> np.ndarray | None:
    """Return X as `read_inputs` does, None unless all is plain and well with it.

    Then there is nothing to say about it, no error and no warning.
    """
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        X = _values_of_frame(X, names)
    if (
        type(X) is not np.ndarray
        or X.dtype.char not in "fd"
        or not X.dtype.isnative
        or not 0 < X.size <= _FEW_NUMBERS
        or X.shape[1:] != estimator._row_shapes
        or len(X.shape) != 2
        or estimator._categories is not None
        or not np.abs(X).max() < _LARGEST
    ):
        return None
    return X.astype(dtype, copy=False)


def _values_of_frame(X: Any, names: np.ndarray) -> np.ndarray | None:
    """Return what a small frame of pandas holds: floats under these very names."""
    if not (
        type(X).__module__.partition(".")[0] == "pandas"
        and X.ndim == 2
        and X.size <= _FEW_NUMBERS
        and X.columns.tolist() == names.tolist()
        and all(isinstance(kind, np.dtype) for kind in X.dtypes.tolist())
    ):
        return None
    return X.to_numpy()
