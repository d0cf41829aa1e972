"""X that is not in memory: Parquet files, large arrays on disk, data sets of torch."""

from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data
from torch.utils.data import Dataset

from sklearn_mtl._storage import (
    ParquetTable,
    StoredArray,
    StoredParquet,
    StoredTable,
    find_values,
    is_large_on_disk,
)
from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network._categories import (
    FROM_DTYPE,
    Categories,
    categories_of_values,
    find_positions,
)
from sklearn_mtl.neural_network._dataset_table import (
    DatasetTable,
    as_inputs,
    open_dataset,
)

# An encoder takes pixels and the like; they stay so until a batch is made of them.
SMALL_INTEGERS = [np.uint8, np.int8, np.int16]


def is_stored(X: Any) -> bool:
    """Return whether X is to be read as it is needed."""
    return isinstance(X, (ParquetTable, StoredTable)) or is_large_on_disk(X)


def read_dataset(X: Any, dtype: Any, owner: str, *, encodes: bool) -> Any:
    """Return a container or a stored table for a data set of torch, else X itself."""
    if not isinstance(X, Dataset):
        return X
    items, first = open_dataset(X, owner)
    if isinstance(first, dict):
        return as_inputs(items, first, owner)
    dtype = _choose_dtype(first.dtype, dtype, encodes=encodes)
    return DatasetTable(items, first.shape, dtype, owner=owner, allow_nan=True)


def learn_stored_categories(X: Any, setting: Any, owner: str) -> Categories | None:
    """Return the categorical columns of a Parquet table, and what values they have."""
    if not isinstance(X, ParquetTable):
        if setting is None or isinstance(setting, str):
            return None
        expected = "None for an array on disk or a data set, which hold numbers"
        raise parameter_error("categorical_features", owner, expected, repr(setting))
    kinds = [X.files.kinds[name] for name in X.features]
    if isinstance(setting, str) and setting == FROM_DTYPE:
        positions = [j for j, kind in enumerate(kinds) if kind == "category"]
    else:
        positions = find_positions(X, setting, X.features, owner)
    values = {j: find_values(X, X.features[j]) for j in positions}
    return categories_of_values(values) if values else None


def open_stored(
    estimator: Any, X: Any, dtype: Any, owner: str, *, reset: bool, encodes: bool
) -> np.ndarray | StoredTable:
    """Return X as a stored table, or as an array if it is a Parquet table of few rows.

    Its numbers are checked as they are read.
    """
    if not len(X):
        raise parameter_error("X", owner, "of at least 1 row", "0 rows")
    validate_data(estimator, _stand_in(X), reset=reset, skip_check_array=True)
    allow_nan = estimator._takes_gaps
    if isinstance(X, ParquetTable):
        table = _open_parquet(estimator, X, dtype, owner)
        return table[:] if table.is_small() else table
    if isinstance(X, StoredTable):
        return X.allowing(nan=allow_nan)
    if X.ndim > 2 and not encodes:
        got = f"shape {X.shape}"
        raise parameter_error("X", owner, "2-D, without an encoder of its own", got)
    chosen = _choose_dtype(X.dtype, dtype, encodes=encodes)
    return StoredArray(X, chosen, owner=owner, allow_nan=allow_nan)


def _stand_in(X: Any) -> Any:
    """Return what tells scikit-learn the names and the number of columns."""
    if isinstance(X, ParquetTable):
        return X[:0].read()
    return np.broadcast_to(np.float32(0), X.shape)


def _open_parquet(
    estimator: Any, X: ParquetTable, dtype: Any, owner: str
) -> StoredParquet:
    categories = estimator._categories
    codes = {} if categories is None else categories.codes(X.features)
    for name in X.features:
        if X.files.kinds[name] == "category" and name not in codes:
            expected = (
                f"of numbers in column {name!r}, or have it in categorical_features"
            )
            raise parameter_error("X", owner, expected, "strings")
    allow_nan = estimator._takes_gaps or bool(codes)
    return StoredParquet(X, codes, dtype, owner=owner, allow_nan=allow_nan)


def _choose_dtype(found: np.dtype, dtype: Any, *, encodes: bool) -> Any:
    return found if encodes and found in SMALL_INTEGERS else dtype
