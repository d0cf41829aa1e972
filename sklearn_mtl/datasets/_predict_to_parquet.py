from collections.abc import Iterator, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import _num_samples

from sklearn_mtl._storage import PartsFolder, describe, read_ahead, split
from sklearn_mtl._validation import parameter_error

_OWNER = "predict_to_parquet"

# So many rows tell whether a folder was begun with the same estimator.
_ROWS_TO_COMPARE = 32


@validate_params(
    {"rows_per_part": [Interval(Integral, 1, None, closed="left")]},
    prefer_skip_nested_validation=True,
)
def predict_to_parquet(
    estimator: Any, source: Any, path: Any, *, rows_per_part: int = 100_000
) -> Path:
    """Predict a table of any size, and write a folder of Parquet files.

    The rows are read, predicted and written some at a time. What was interrupted, also
    by the end of the process, goes on where it stopped when it is called again with
    the same arguments.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator, of this package or another one.
    source : ParquetTable, array-like, data frame or Dask frame
        The rows: anything that rows can be selected from, such as an array on disk, or
        a Dask frame, whose partitions are computed one by one.
    path : str or path
        The folder, which is made if it is not there.
    rows_per_part : int, default=100000
        How many rows are read at once, and written to a file. A Dask frame has a file
        for each partition instead.

    Returns
    -------
    Path
        The folder. Its files have a column for each task, and for each class of a task
        one with its probability, such as "color_proba_red", if the estimator has
        `predict_proba`. Rows are in the order of the source.

    Raises
    ------
    ValueError
        If the folder has other files, or predictions of other rows, of other sizes of
        its files, or of another estimator.
    ImportError
        If pyarrow is missing, which the extra ``parquet`` brings.

    See Also
    --------
    ParquetTable : Reads what was written.

    Notes
    -----
    A file appears in the folder when it is complete. No two processes should write to
    the same folder.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from sklearn_mtl.datasets import load_digits_tasks, predict_to_parquet
    >>> from sklearn_mtl.ensemble import MultiTaskForestClassifier
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> forest = MultiTaskForestClassifier(5, random_state=0).fit(X, Y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = predict_to_parquet(forest, X, folder, rows_per_part=1000)
    ...     predicted = pd.read_parquet(sorted(written.glob("*.parquet")))
    >>> predicted.shape
    (1797, 17)
    """
    plan = {"source": describe(source), "rows_per_part": rows_per_part}
    folder = PartsFolder(path, plan, _OWNER)
    parts = split(source, rows_per_part)
    done = [k for k in range(len(parts)) if folder.has(k)]
    missing = [k for k in range(len(parts)) if not folder.has(k)]
    if done and missing:
        _check_same_estimator(estimator, parts[done[0]](), folder.read(done[0]), path)
    for k, X in read_ahead((k, parts[k]()) for k in missing):
        if _num_samples(X):
            folder.write(k, _predict(estimator, X))
    return folder.path


def _predict(estimator: Any, X: Any) -> Any:
    """Return predictions and probabilities as an Arrow table."""
    import pyarrow as pa

    predicted = np.asarray(estimator.predict(X))
    if predicted.ndim == 1:
        predicted = predicted[:, np.newaxis]
    n_tasks = predicted.shape[1]
    names = _names_of(estimator, n_tasks)
    classes = _per_task(getattr(estimator, "classes_", None), n_tasks)
    columns = {}
    for name, column, known in zip(names, predicted.T, classes, strict=True):
        kind = None if known is None else pa.array(_list_values(known)).type
        columns[name] = pa.array(_list_values(column), type=kind)
    if hasattr(estimator, "predict_proba"):
        found = _probabilities(estimator.predict_proba(X), names, classes)
        for name, column in found:
            if name in columns:
                expected = "such that no task is called as the probabilities of another"
                raise parameter_error("estimator", _OWNER, expected, repr(name))
            columns[name] = column
    return pa.table(columns)


def _list_values(array: Any) -> list[Any]:
    """Return the values as Python has them; nanoseconds would be numbers."""
    array = np.asarray(array)
    return array.astype("M8[us]" if array.dtype.kind == "M" else array.dtype).tolist()


def _names_of(estimator: Any, n_tasks: int) -> list[str]:
    fitted = getattr(estimator, "best_estimator_", estimator)
    names = getattr(fitted, "task_names_", None)
    if names is None or len(names) != n_tasks:
        return [f"task{t}" for t in range(n_tasks)]
    return [str(name) for name in names]


def _per_task(found: Any, n_tasks: int) -> list[Any]:
    """Return what there is of each task; of one task it may be given by itself."""
    if found is None:
        return [None] * n_tasks
    if n_tasks == 1 and not isinstance(found, list):
        return [found]
    return list(found)


def _probabilities(
    found: Any, names: Sequence[str], classes: Sequence[Any]
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield a column for each class, by its name."""
    of_tasks = _per_task(found, len(names))
    for name, of_task, known in zip(names, of_tasks, classes, strict=True):
        if of_task is None or known is None:
            continue
        for label, column in zip(_list_values(known), of_task.T, strict=True):
            yield f"{name}_proba_{label}", column


def _check_same_estimator(estimator: Any, X: Any, written: Any, path: Any) -> None:
    """Raise if an estimator predicts other than what is written."""
    n_rows = min(_num_samples(X), _ROWS_TO_COMPARE)
    first = X.iloc[:n_rows] if hasattr(X, "iloc") else X[:n_rows]
    now, before = _predict(estimator, first), written.slice(0, n_rows)
    if now.column_names == before.column_names and all(
        _is_same(now.column(name), before.column(name)) for name in now.column_names
    ):
        return
    expected = "the folder of the same predictions, or an empty one"
    got = f"{str(path)!r}, begun with another estimator or other rows"
    raise parameter_error("path", _OWNER, expected, got)


def _is_same(now: Any, before: Any) -> bool:
    a, b = now.to_numpy(), before.to_numpy()
    if a.dtype.kind == b.dtype.kind == "f":
        return np.allclose(a, b, rtol=1e-3, atol=1e-5, equal_nan=True)
    return bool(np.all(a == b))
