from collections.abc import Mapping
from typing import Any

import numpy as np

from sklearn_mtl._input_parts import Part, check_finite, check_names, read_table
from sklearn_mtl._inputs import Inputs
from sklearn_mtl._validation import did_you_mean, list_some, parameter_error

_OWNER = "combine_inputs"


def combine_inputs(inputs: Any, *, present: Any = None) -> Inputs:
    """Put several tables about the same rows together, such as images and sounds.

    Nothing is copied or padded: each table keeps its shape and its dtype, and one that
    is mapped to a file stays there. A row may lack inputs.

    Parameters
    ----------
    inputs : dict of str to array-like of shape (n_samples, ...)
        The table of each input, of any number of dimensions from two: an ndarray (also
        a memory-mapped one), sparse matrix, tensor, data frame of numbers, or nested
        list. A data frame of several dtypes becomes an array of one.
    present : dict of str to array-like of bool of shape (n_samples,), default=None
        Which rows have an input, for inputs that not all rows have. The table of such
        an input has either `n_samples` rows, of which the others are ignored, or one
        for each row that has it.

    Returns
    -------
    Inputs
        The rows, to be selected, split and given to an estimator as X.

    Raises
    ------
    ValueError
        If the tables are of different lengths, a mask is, a mask is of no input, a
        table does not hold finite numbers, or a row has no input. Tables on disk are
        not read, so not searched for NaN.

    See Also
    --------
    combine_tasks : Put data sets together that have rows of their own.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.datasets import combine_inputs
    >>> X = combine_inputs(
    ...     {"image": np.zeros((100, 8, 8)), "sound": np.zeros((100, 5))}
    ... )
    >>> X
    Inputs of 100 rows: image (8, 8) float64 in 100, sound (5,) float64 in 100

    Ten rows have a sound, which takes a table of ten rows:

    >>> combine_inputs(
    ...     {"image": np.zeros((100, 8, 8)), "sound": np.zeros((10, 5))},
    ...     present={"sound": np.arange(100) < 10},
    ... )
    Inputs of 100 rows: image (8, 8) float64 in 100, sound (5,) float64 in 10
    """
    check_names(inputs, "inputs", "a dict from name to table", _OWNER)
    tables = {
        str(name): read_table(table, f"inputs[{str(name)!r}]", _OWNER)
        for name, table in inputs.items()
    }
    masks = _read_masks(present, list(tables))
    n_rows = _count_rows(tables, masks)
    parts = {}
    for name, table in tables.items():
        part = _place(name, table, masks.get(name), n_rows)
        rows = masks.get(name) if table.shape[0] == n_rows else None
        check_finite(part.table, f"inputs[{name!r}]", _OWNER, present=rows)
        parts[name] = [part]
    _check_none_empty(masks, list(tables))
    return Inputs(parts, n_rows)


def _read_masks(present: Any, names: list[str]) -> dict[str, np.ndarray]:
    if present is None:
        return {}
    if not isinstance(present, Mapping):
        expected = "None or a dict from the name of an input to a mask"
        raise parameter_error("present", _OWNER, expected, repr(present))
    masks = {}
    for key, rows in present.items():
        name = str(key)
        if name not in names:
            raise parameter_error(
                "present",
                _OWNER,
                f"keyed by names of inputs ({list_some(names)})",
                f"{name!r}{did_you_mean(name, names)}",
            )
        mask = np.asarray(rows)
        if mask.dtype == object:
            mask = np.asarray(mask.tolist())
        if mask.ndim != 1 or mask.dtype != np.bool_:
            raise parameter_error(
                f"present[{name!r}]",
                _OWNER,
                "a 1-D mask of booleans",
                f"shape {mask.shape} of dtype {mask.dtype}",
            )
        masks[name] = mask
    return masks


def _count_rows(tables: Mapping[str, Any], masks: Mapping[str, np.ndarray]) -> int:
    """Return the number of rows, on which all tables and masks must agree."""
    lengths = {
        f"inputs[{name!r}]": table.shape[0]
        for name, table in tables.items()
        if name not in masks
    } | {f"present[{name!r}]": len(mask) for name, mask in masks.items()}
    (first, n_rows), *others = lengths.items()
    for other, length in others:
        if length != n_rows:
            raise parameter_error(
                other, _OWNER, f"of length {n_rows}, as {first} is", f"length {length}"
            )
    return n_rows


def _place(name: str, table: Any, mask: np.ndarray | None, n_rows: int) -> Part:
    """Return the table along with which rows have which of its rows."""
    if mask is None or (mask.all() and table.shape[0] == n_rows):
        return Part(table)
    n_present = int(np.count_nonzero(mask))
    if table.shape[0] not in {n_rows, n_present}:
        raise parameter_error(
            f"inputs[{name!r}]",
            _OWNER,
            f"of length {n_rows}, the number of rows, or {n_present}, the number of "
            "those that have it",
            f"length {table.shape[0]}",
        )
    numbers = np.arange(n_rows) if table.shape[0] == n_rows else np.cumsum(mask) - 1
    dtype = np.int32 if n_rows <= np.iinfo(np.int32).max else np.intp
    return Part(table, positions=np.where(mask, numbers, -1).astype(dtype))


def _check_none_empty(masks: Mapping[str, np.ndarray], names: list[str]) -> None:
    if any(name not in masks for name in names):
        return
    empty = np.flatnonzero(~np.any(list(masks.values()), axis=0))
    if len(empty):
        raise parameter_error(
            "present",
            _OWNER,
            "such that every row has an input",
            f"none for row(s) {list_some(empty.tolist())}",
        )
