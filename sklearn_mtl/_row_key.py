"""What may select the rows of a container, as it may of an array."""

from typing import Any

import numpy as np


def drop_columns(key: tuple[Any, ...], owner: str = "Inputs") -> Any:
    """Return the key of the rows, where all columns are taken."""
    if not key or len(key) > 2 or not all(map(_takes_all, key[1:])):
        by_name = " or by name, X[name]," if owner == "Inputs" else ""
        raise IndexError(f"{owner} are indexed by rows, X[rows],{by_name} got {key!r}.")
    return key[0]


def _takes_all(key: Any) -> bool:
    return key is Ellipsis or (isinstance(key, slice) and key == slice(None))


def read_rows(key: Any, n_rows: int, owner: str = "Inputs") -> np.ndarray:
    """Return the numbers of the rows that a slice, a mask or a sequence selects."""
    if key is Ellipsis:
        key = slice(None)
    if isinstance(key, slice):
        return np.arange(*key.indices(n_rows))
    rows = np.asarray(key)
    if rows.dtype == object:
        rows = np.asarray(rows.tolist())
    if rows.size == 0 and rows.dtype.kind not in "biu":
        rows = rows.astype(np.intp)
    if rows.ndim > 1 or rows.dtype.kind not in "biu" or key is None:
        raise IndexError(
            f"The rows of {owner} are selected by a slice, a 1-D mask or 1-D integers, "
            f"got {key!r}."
        )
    if rows.dtype.kind == "b":
        if rows.shape != (n_rows,):
            got = f"a mask of shape {rows.shape}"
            raise IndexError(f"A mask of {n_rows} row(s) is as long, got {got}.")
        return np.flatnonzero(rows)
    if rows.size and not (-n_rows <= rows.min() and rows.max() < n_rows):
        outside = rows[(rows < -n_rows) | (rows >= n_rows)]
        raise IndexError(f"There is no row {outside.flat[0]} among {n_rows} row(s).")
    rows = rows.astype(np.intp)
    return np.where(rows < 0, rows + n_rows, rows)
