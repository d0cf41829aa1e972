"""The labels of several tasks that are each about a stretch of the rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_mtl._tasks import read_targets
from sklearn_mtl._validation import parameter_error


@dataclass(frozen=True)
class TaskLabels:
    """The labels of a task; `values` are arbitrary where none is observed."""

    values: np.ndarray
    observed: np.ndarray
    start: int

    def write(self, column: np.ndarray) -> np.ndarray:
        """Put the labels in their places of a column about all rows; return it."""
        values = self.values[self.observed]
        if column.dtype == object:
            # Python's own numbers and strings, but dates as they are.
            values = values.tolist() if values.dtype.kind in "biufU" else list(values)
        own_rows = column[self.start : self.start + len(self.observed)]
        own_rows[self.observed] = values
        return column

    def lacks(self, n_rows: int) -> np.ndarray:
        """Return which rows have no label."""
        lacking = np.ones(n_rows, dtype=bool)
        lacking[self.start : self.start + len(self.observed)] = ~self.observed
        return lacking


def read_labels(y: Any, task: str, n_rows: int, start: int, owner: str) -> TaskLabels:
    """Read the labels of a task, one for each of `n_rows` rows from `start` on."""
    place = f"tasks[{task!r}][1]"
    try:
        targets = read_targets(y, owner=owner, name=place)
    except ValueError as error:
        error.add_note(f"While reading the labels of task {task!r}.")
        raise
    if not targets.one_dimensional:
        shape = (targets.n_samples, targets.n_tasks)
        expected = "1-D, the labels of one task"
        raise parameter_error(place, owner, expected, f"shape {shape}")
    if targets.n_samples != n_rows:
        expected = f"of the length of its X, {n_rows}"
        raise parameter_error(place, owner, expected, f"length {targets.n_samples}")
    values = targets.columns[0]
    width = getattr(getattr(y, "dtype", None), "numpy_dtype", values.dtype)
    if {values.dtype.kind, np.dtype(width).kind} <= set("iu"):
        # A nullable column with missing labels became one of the widest integers.
        values = values.astype(width, copy=False)
    return TaskLabels(values, targets.observed[:, 0], start)


def stack_array(columns: Mapping[str, TaskLabels], n_rows: int) -> np.ndarray:
    """Return the labels as floats, NaN where missing, or as objects and None."""
    dtypes = [labels.values.dtype for labels in columns.values()]
    shape = (n_rows, len(columns))
    if all(dtype.kind in "biuf" for dtype in dtypes):
        floats = (d if d.kind == "f" else np.dtype(np.float64) for d in dtypes)
        stacked = np.full(shape, np.nan, dtype=np.result_type(*floats))
    else:
        stacked = np.full(shape, None, dtype=object)
    for t, labels in enumerate(columns.values()):
        labels.write(stacked[:, t])
    return stacked


def stack_frame(columns: Mapping[str, TaskLabels], n_rows: int) -> Any:
    """Return the labels as a data frame, in which integers stay integers."""
    import pandas as pd

    data: dict[str, Any] = {}
    for task, labels in columns.items():
        dtype = labels.values.dtype.newbyteorder("=")
        if dtype.kind in "biu":
            values = labels.write(np.zeros(n_rows, dtype=dtype))
            is_bool = dtype.kind == "b"
            nullable = pd.arrays.BooleanArray if is_bool else pd.arrays.IntegerArray
            data[task] = nullable(values, labels.lacks(n_rows))
        elif dtype.kind == "f":
            data[task] = labels.write(np.full(n_rows, np.nan, dtype=dtype))
        else:
            values = labels.write(np.full(n_rows, None, dtype=object))
            # Named, since pandas would make strings of objects.
            data[task] = pd.Series(values, dtype=object)
    return pd.DataFrame(data, copy=False)
