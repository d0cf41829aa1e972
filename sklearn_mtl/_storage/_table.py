"""A table that is not held in memory: its blocks are read as they are needed."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import Any, Self

import numpy as np

from sklearn_mtl._row_key import read_rows
from sklearn_mtl._validation import parameter_error

# Bytes of rows in memory at once, where nothing else is said.
MEMORY_BUDGET = 2**29

# The shares of the budget. Two windows are there at once, one of them being filled, and
# beside them a block in the form that it is stored in. What fits in half of the budget
# is read whole.
_SHARE_OF_WINDOW = 4
_SHARE_OF_BLOCK = 8
_SHARE_IF_WHOLE = 2

# What a number may take in a file, whatever it takes in memory.
_STORED_ITEM_SIZE = 8

# A block of a table, and which of its rows are wanted.
Wanted = tuple[int, np.ndarray]


class StoredTable(ABC):
    """Rows that are read some blocks at a time, and checked as they are read.

    Parameters
    ----------
    bounds : ndarray of int of shape (n_blocks + 1,)
        Where each block starts among the stored rows, and where the last one ends.
    groups : ndarray of int of shape (n_blocks,)
        The blocks that are best read one after the other have the same number.
    row_shape : tuple of int
        The shape of a row.
    dtype : dtype
        What the rows become.
    rows : ndarray of int or None
        The stored row of each row, None for all of them in their order.
    memory_budget : int
        Bytes of rows that may be in memory at once.
    owner : str
        The estimator whose X it is, for errors.
    allow_nan : bool
        Whether numbers may be missing.
    """

    # Whether a row costs the same wherever it is, so that any order will do.
    in_any_order = False

    # Whether single rows are read without much else.
    has_cheap_rows = True

    def __init__(
        self,
        bounds: np.ndarray,
        groups: np.ndarray,
        row_shape: tuple[int, ...],
        dtype: Any,
        *,
        rows: np.ndarray | None,
        memory_budget: int,
        owner: str,
        allow_nan: bool,
    ) -> None:
        self.bounds = bounds
        self.groups = groups
        self.row_shape = row_shape
        self.dtype = np.dtype(dtype)
        self.memory_budget = memory_budget
        self._rows = rows
        self._owner = owner
        self._allow_nan = allow_nan

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of rows, and the shape of each."""
        return len(self), *self.row_shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return 1 + len(self.row_shape)

    def __len__(self) -> int:
        return int(self.bounds[-1]) if self._rows is None else len(self._rows)

    @property
    def window_size(self) -> int:
        """How many rows are in memory together."""
        bytes_of_row = prod(self.row_shape) * self.dtype.itemsize
        return max(1, self.memory_budget // _SHARE_OF_WINDOW // bytes_of_row)

    def is_small(self) -> bool:
        """Return whether all rows fit in the memory that it may take."""
        size = len(self) * prod(self.row_shape) * self.dtype.itemsize
        return size <= self.memory_budget // _SHARE_IF_WHOLE

    def stored_rows(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return which stored rows these rows are, None for all."""
        if rows is None:
            return np.arange(len(self)) if self._rows is None else self._rows
        return rows if self._rows is None else self._rows[rows]

    def __getitem__(self, key: Any) -> np.ndarray:
        """Return rows, or with a key (rows, column) what they have in a column."""
        if isinstance(key, tuple):
            rows, column = key
            return self._gather(read_rows(rows, len(self)), [column])[:, 0]
        return self._gather(read_rows(key, len(self)), None)

    def allowing(self, *, nan: bool) -> Self:
        """Return the same table, in which numbers may be missing or not."""
        table = copy.copy(self)
        table._allow_nan = nan
        return table

    def read(
        self, wanted: Iterable[Wanted], columns: Sequence[int] | None = None
    ) -> Iterator[np.ndarray]:
        """Yield the wanted rows of each block, of all columns or of some."""
        for rows in self._read(wanted, columns):
            self._check_numbers(rows)
            yield rows

    @abstractmethod
    def _read(
        self, wanted: Iterable[Wanted], columns: Sequence[int] | None
    ) -> Iterator[np.ndarray]:
        """Yield the wanted rows of each block, in arrays of the dtype."""

    def _gather(self, rows: np.ndarray, columns: Sequence[int] | None) -> np.ndarray:
        stored = self.stored_rows(rows)
        row_shape = self.row_shape if columns is None else (len(columns),)
        gathered = np.empty((len(rows), *row_shape), dtype=self.dtype)
        order = np.argsort(stored, kind="stable")
        wanted = list(split_by_block(stored[order], self.bounds))
        start = 0
        for found in self.read(wanted, columns):
            gathered[order[start : start + len(found)]] = found
            start += len(found)
        return gathered

    def _check_numbers(self, rows: np.ndarray) -> None:
        if rows.dtype.kind != "f":
            return
        with np.errstate(over="ignore", invalid="ignore"):
            # The sum allocates nothing; it may overflow where all numbers are finite.
            if np.isfinite(np.sum(rows)):
                return
        wrong = np.isinf(rows) if self._allow_nan else ~np.isfinite(rows)
        if wrong.any():
            value = rows[wrong][0]
            expected = f"finite, and not too large for {rows.dtype}"
            raise parameter_error("X", self._owner, expected, f"{value} in a row")


def split_by_block(stored: np.ndarray, bounds: np.ndarray) -> Iterator[Wanted]:
    """Yield the blocks that sorted rows are in, each with its rows."""
    ends = np.searchsorted(stored, bounds)
    for block in np.flatnonzero(np.diff(ends)):
        yield int(block), stored[ends[block] : ends[block + 1]] - bounds[block]


def takes_all(local: np.ndarray, n_rows: int) -> bool:
    """Return whether sorted rows are all rows of a block, each once."""
    return len(local) == n_rows and bool(np.all(np.diff(local) == 1))


def rows_of_block(row_size: int, memory_budget: int) -> int:
    """Return how many rows a block may have, for rows of so many numbers."""
    bytes_of_row = max(row_size, 1) * _STORED_ITEM_SIZE
    return max(1, memory_budget // _SHARE_OF_BLOCK // bytes_of_row)


def even_bounds(n_rows: int, most: int) -> np.ndarray:
    """Return the bounds of blocks of about the same size, of so many rows at most."""
    return np.linspace(0, n_rows, max(1, -(-n_rows // most)) + 1).astype(np.intp)
