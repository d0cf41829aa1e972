"""Named inputs are searched for infinity, which scaling would hide."""

from typing import Any

import numpy as np

from sklearn_mtl._inputs import Inputs
from sklearn_mtl._validation import parameter_error

# So many numbers are read at once, so that a table on disk stays there.
_NUMBERS_AT_ONCE = 2**20


def check_none_infinite(X: Inputs, precision: str, owner: str) -> None:
    """Raise if an input has a number in these rows that is infinite in the precision.

    Tables of integers are not read.
    """
    # A Python number would be cast to the type of the table, where it may be infinite.
    largest = np.float64(np.finfo(precision).max)
    for name, dtype in X.dtypes.items():
        if dtype.kind != "f":
            continue
        rows = np.flatnonzero(X.has(name))
        step = max(_NUMBERS_AT_ONCE // int(np.prod(X.row_shapes[name])), 1)
        if X.is_sparse(name):
            step = max(len(rows), 1)
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            found = _find_infinite(X[block][name], largest)
            if found is not None:
                row, value = found
                expected = f"finite in input {name!r}, and not too large for"
                got = f"{value} in row {block[row]}"
                raise parameter_error("X", owner, f"{expected} {precision}", got)


def _find_infinite(table: Any, largest: float) -> tuple[int, float] | None:
    """Return the first row with a number that is too large, and the number."""
    is_sparse = not isinstance(table, np.ndarray)
    values = table.data if is_sparse else table
    # Where all is well, as it mostly is, nothing is copied; a gap is neither.
    if not values.size or -largest <= values.min() <= values.max() <= largest:
        return None
    places = np.flatnonzero(np.abs(values) > largest)
    if not len(places):
        return None
    if is_sparse:
        row = int(np.searchsorted(table.indptr, places[0], side="right")) - 1
    else:
        row = int(places[0]) // int(np.prod(table.shape[1:]))
    return row, float(values.ravel()[places[0]])
