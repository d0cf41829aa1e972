"""The tables behind `Inputs`: what they may be, and which rows of X have which row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_mtl._validation import list_some, parameter_error

# How many numbers are looked at together, so that a check takes next to no memory.
_BLOCK_SIZE = 1 << 20


@dataclass(frozen=True, eq=False)
class Part:
    """A table, and where its rows are among the rows of X.

    Row r of X has row r - start of the table; with `positions`, it has row
    positions[r - start], none where that is -1.
    """

    table: Any
    start: int = 0
    positions: np.ndarray | None = None

    @property
    def row_shape(self) -> tuple[int, ...]:
        return tuple(self.table.shape[1:])

    @property
    def n_rows(self) -> int:
        """How many rows of X it is about."""
        return self.table.shape[0] if self.positions is None else len(self.positions)

    def locate(self, rows: np.ndarray) -> np.ndarray:
        """Return which row of the table each row of X has, -1 for none."""
        local = rows - self.start
        inside = (local >= 0) & (local < self.n_rows)
        if self.positions is None:
            return np.where(inside, local, -1)
        found = np.full(len(rows), -1, dtype=np.intp)
        found[inside] = self.positions[local[inside]]
        return found


@dataclass(frozen=True, eq=False)
class Input:
    """One input of X: tables of the same row shape that are about different rows.

    The rows of all tables are counted through: these numbers are its positions.
    """

    parts: Sequence[Part]

    @property
    def row_shape(self) -> tuple[int, ...]:
        return self.parts[0].row_shape

    @cached_property
    def dtype(self) -> np.dtype:
        return np.result_type(*(part.table.dtype for part in self.parts))

    @cached_property
    def offsets(self) -> np.ndarray:
        lengths = [part.table.shape[0] for part in self.parts]
        return np.cumsum([0, *lengths[:-1]])

    @property
    def n_rows(self) -> int:
        return sum(part.table.shape[0] for part in self.parts)

    @property
    def is_sparse(self) -> bool:
        return all(is_sparse(part.table) for part in self.parts)

    def locate(self, rows: np.ndarray) -> np.ndarray:
        """Return the position that each row of X has, -1 for none."""
        found = np.full(len(rows), -1, dtype=np.intp)
        for part, offset in zip(self.parts, self.offsets, strict=True):
            local = part.locate(rows)
            np.copyto(found, local + offset, where=local >= 0)
        return found

    def gather(self, positions: np.ndarray) -> np.ndarray:
        """Return the rows at these positions as a dense array."""
        if len(self.parts) == 1:
            return _dense(self.parts[0].table[positions]).astype(self.dtype, copy=False)
        gathered = np.empty((len(positions), *self.row_shape), dtype=self.dtype)
        part_of = np.searchsorted(self.offsets, positions, side="right") - 1
        for p, part in enumerate(self.parts):
            inside = np.flatnonzero(part_of == p)
            if len(inside):
                local = positions[inside] - self.offsets[p]
                gathered[inside] = _dense(part.table[local])
        return gathered

    def gather_sparse(self, positions: np.ndarray) -> Any:
        """Return the rows at these positions as a CSR matrix."""
        tables = [part.table for part in self.parts]
        stacked = tables[0] if len(tables) == 1 else sparse.vstack(tables, "csr")
        return stacked[positions]


def is_sparse(table: Any) -> bool:
    return sparse.issparse(table)


def _dense(rows: Any) -> np.ndarray:
    return rows.toarray() if is_sparse(rows) else rows


def check_names(given: Any, name: str, expected: str, owner: str) -> None:
    """Raise unless it is a dict with something in it and names that differ."""
    if not isinstance(given, Mapping) or not given:
        got = "an empty one" if isinstance(given, Mapping) else _kind(given)
        raise parameter_error(name, owner, expected, got)
    names = [str(key) for key in given]
    if len(set(names)) < len(names):
        got = list_some(given)
        raise parameter_error(name, owner, "a dict of unique names", got)


def _kind(value: Any) -> str:
    return type(value).__name__


def read_table(table: Any, name: str, owner: str) -> Any:
    """Return a table as an array, uncopied if it is one, or as a CSR matrix."""
    array = _as_table(table, name, owner)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        got = f"the dtype {array.dtype}"
        raise parameter_error(name, owner, "a table of real numbers", got)
    if array.ndim < 2:
        raise parameter_error(
            name,
            owner,
            "at least 2-D, one row per sample (reshape single numbers with "
            ".reshape(-1, 1))",
            f"{array.ndim}-D",
        )
    if 0 in array.shape[1:]:
        got = f"shape {array.shape}"
        raise parameter_error(name, owner, "a table with at least 1 feature", got)
    return array


def _as_table(table: Any, name: str, owner: str) -> Any:
    if is_sparse(table):
        return table.tocsr() if table.ndim == 2 else table
    if isinstance(table, np.ma.MaskedArray):
        raise parameter_error(
            name, owner, "without masked entries", "a masked array (use .filled())"
        )
    if type(table) in {np.ndarray, np.memmap}:
        return table
    if table is None or isinstance(table, (str, bytes)) or np.isscalar(table):
        raise parameter_error(name, owner, "a table of numbers", repr(table))
    try:
        if hasattr(table, "detach"):
            return table.detach().cpu().numpy()
        if not hasattr(table, "to_numpy"):
            return np.asarray(table)
        array = table.to_numpy()
        if array.dtype == object:
            # Nullable columns; what is missing is found with what is not finite.
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        got = f"{_kind(table)}: {error}"
        raise parameter_error(name, owner, "a table of numbers", got) from error
    return array


def check_finite(
    table: Any, name: str, owner: str, present: np.ndarray | None = None
) -> None:
    """Raise if a number is NaN or infinite in the rows that are present.

    A table on disk is not read.
    """
    if table.dtype.kind != "f" or is_on_disk(table):
        return
    if is_sparse(table) and present is None:
        table = table.data[:, np.newaxis]
    n_rows = table.shape[0]
    step = max(1, _BLOCK_SIZE // int(np.prod(table.shape[1:])))
    for start in range(0, n_rows, step):
        block = table[start : start + step]
        if present is not None:
            block = block[present[start : start + step]]
        if is_sparse(block):
            block = block.data
        if not _all_finite(block):
            raise parameter_error(
                name, owner, "finite, in every number", "NaN or infinity"
            )


def _all_finite(block: np.ndarray) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        # The sum allocates nothing; it may overflow where all numbers are finite.
        total = np.sum(block, dtype=np.float64)
    return bool(np.isfinite(total) or np.isfinite(block).all())


def is_on_disk(table: Any) -> bool:
    """Return whether an array, or what it is a view of, is mapped to a file."""
    while isinstance(table, np.ndarray):
        if isinstance(table, np.memmap) and getattr(table, "_mmap", None) is not None:
            return True
        table = table.base
    return False
