"""An array that is mapped to a file, read without keeping its pages in memory."""

import mmap
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from sklearn_mtl._input_parts import is_on_disk
from sklearn_mtl._storage._table import (
    MEMORY_BUDGET,
    StoredTable,
    Wanted,
    even_bounds,
    rows_of_block,
    takes_all,
)

# The folders in which joblib lends the arrays in memory to its workers.
_LENT = "joblib_memmapping_folder"

# A row may bring two megabytes around it into memory, as the system has large pages.
# Where fewer than one row in so many is read, they are let go of after a few rows.
_SCATTERED = 4
_FEW_ROWS = 8


class StoredArray(StoredTable):
    """The rows of an array that is mapped to a file."""

    def __init__(
        self,
        array: np.ndarray,
        dtype: Any,
        *,
        memory_budget: int = MEMORY_BUDGET,
        owner: str,
        allow_nan: bool,
    ) -> None:
        most = rows_of_block(prod(array.shape[1:]), memory_budget)
        bounds = even_bounds(len(array), most)
        super().__init__(
            bounds,
            np.arange(len(bounds) - 1),
            array.shape[1:],
            dtype,
            rows=None,
            memory_budget=memory_budget,
            owner=owner,
            allow_nan=allow_nan,
        )
        self._array = array

    def _read(
        self, wanted: Iterable[Wanted], columns: Sequence[int] | None
    ) -> Iterator[np.ndarray]:
        for block, local in wanted:
            start, stop = self.bounds[block : block + 2]
            part = self._array[start:stop]
            if columns is not None:
                part = part[:, list(columns)]
            if takes_all(local, stop - start):
                rows = np.array(part, dtype=self.dtype)
                free_pages(self._array)
            else:
                rows = self._pick(part, local)
            yield rows

    def _pick(self, part: np.ndarray, local: np.ndarray) -> np.ndarray:
        """Return rows of a block, a few at a time where they are far apart."""
        is_scattered = len(local) * _SCATTERED < len(part)
        step = _FEW_ROWS if is_scattered else max(len(local), 1)
        rows = np.empty((len(local), *part.shape[1:]), dtype=self.dtype)
        for start in range(0, len(local), step):
            rows[start : start + step] = part[local[start : start + step]]
            free_pages(self._array)
        return rows


def is_large_on_disk(X: Any, memory_budget: int = MEMORY_BUDGET) -> bool:
    """Return whether X is an array of numbers on disk that memory may be too small for.

    What joblib lends to a worker is in memory, and is to be learnt from as it is there.
    """
    return (
        isinstance(X, np.ndarray)
        and X.nbytes > memory_budget
        and X.ndim > 1
        and X.dtype.kind in "biuf"
        and is_on_disk(X)
        and _LENT not in str(_find_map(X).filename)
    )


def free_pages(array: np.ndarray) -> None:
    """Let go of what was read of an array on disk, which otherwise stays in memory.

    Pages of a private copy are left alone: they may have been written to.
    """
    if is_on_disk(array) and hasattr(mmap, "MADV_DONTNEED"):
        found: Any = _find_map(array)
        if found.mode != "c":
            found._mmap.madvise(mmap.MADV_DONTNEED)


def _find_map(array: Any) -> np.memmap:
    while not (isinstance(array, np.memmap) and getattr(array, "_mmap", None)):
        array = array.base
    return array
