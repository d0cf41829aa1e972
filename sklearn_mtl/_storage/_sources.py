"""The rows of a table, whatever it is, some at a time."""

from collections.abc import Callable
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from sklearn_mtl._input_parts import is_on_disk
from sklearn_mtl._storage._array import free_pages
from sklearn_mtl._storage._parquet_table import ParquetTable


def describe(source: Any) -> dict[str, Any]:
    """Return what tells a source from another one, without reading its rows."""
    if hasattr(source, "npartitions"):
        return {"n_partitions": source.npartitions}
    described: dict[str, Any] = {"n_rows": _num_samples(source)}
    if isinstance(source, ParquetTable):
        described["features"] = list(source.features)
        described["sizes"] = np.diff(source.files.bounds).tolist()
        rows = source.rows
        described["rows"] = None if rows is None else crc32(rows.tobytes())
    return described


def split(source: Any, rows_per_part: int) -> list[Callable[[], Any]]:
    """Return a function for each part of a table, which reads it.

    The partitions of a Dask frame are its parts.
    """
    if hasattr(source, "npartitions"):
        return [partial(_compute, source, k) for k in range(source.npartitions)]
    n_rows = _num_samples(source)
    return [
        partial(_read, source, start, min(start + rows_per_part, n_rows))
        for start in range(0, n_rows, rows_per_part)
    ]


def _compute(frame: Any, partition: int) -> Any:
    return frame.partitions[partition].compute()


def _read(source: Any, start: int, stop: int) -> Any:
    if isinstance(source, ParquetTable):
        return source[start:stop].read()
    if is_on_disk(source):
        part = np.array(source[start:stop])
        free_pages(source)
        return part
    return _safe_indexing(source, np.arange(start, stop))
