"""From the columns of Arrow to numbers, codes of categories, and data frames."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._validation import import_optional

# Rows that are turned at once, so that they stay in the caches of the processor.
_ROWS_AT_ONCE = 2048

Codes = Mapping[Any, float]


def to_array(
    table: Any, names: Sequence[str], codes: Mapping[str, Codes], dtype: np.dtype
) -> np.ndarray:
    """Return columns of an Arrow table as an array; categories become their codes."""
    columns = [
        _to_codes(column, codes[name], dtype) if name in codes else _to_numbers(column)
        for name, column in zip(names, table.select(names).columns, strict=True)
    ]
    array = np.empty((table.num_rows, len(names)), dtype=dtype)
    # What is too large becomes infinite, and is found with what is.
    with np.errstate(over="ignore"):
        for start in range(0, len(array), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            for j, column in enumerate(columns):
                array[rows, j] = column[rows]
    return array


def _to_numbers(column: Any) -> np.ndarray:
    import pyarrow as pa

    is_whole = pa.types.is_integer(column.type) and not column.null_count
    if not is_whole and not pa.types.is_floating(column.type):
        column = column.cast(pa.float64(), safe=False)
    return column.to_numpy()


def _to_codes(column: Any, codes: Codes, dtype: np.dtype) -> np.ndarray:
    dictionary, places = to_dictionary(column)
    known = [np.nan if v is None else codes.get(v, np.nan) for v in dictionary]
    return np.array([*known, np.nan], dtype=dtype)[places]


def to_dictionary(column: Any) -> tuple[list[Any], np.ndarray]:
    """Return values, and which of them each row has: one more than any if it has none.

    A value may be there more than once, and some that no row has.
    """
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    merged = column.unify_dictionaries().combine_chunks()
    if isinstance(merged, pa.ChunkedArray):
        merged = (
            merged.chunk(0)
            if merged.num_chunks
            else pa.DictionaryArray.from_arrays(
                pa.array([], pa.int32()), pa.array([], column.type.value_type)
            )
        )
    values = merged.dictionary.to_pylist()
    places = merged.indices.cast(pa.int64()).fill_null(len(values))
    return values, places.to_numpy(zero_copy_only=False)


def to_frame(table: Any, *, categorical: bool) -> Any:
    """Return an Arrow table as a data frame of pandas.

    With `categorical`, strings become categories, and what is missing among integers
    makes them floats; without, all values stay what they are.
    """
    import pyarrow as pa

    pandas = import_optional("pandas", "parquet", "ParquetTable")
    columns = {}
    for name in table.column_names:
        column = table.column(name)
        is_dictionary = pa.types.is_dictionary(column.type)
        is_text = pa.types.is_string(column.type) or pa.types.is_large_string(
            column.type
        )
        if categorical and is_text:
            column = column.dictionary_encode()
        elif not categorical and is_dictionary:
            column = column.cast(column.type.value_type)
        nullable = None
        if not categorical and column.null_count:
            nullable = _find_nullable(column.type, pandas)
        columns[name] = column.to_pandas(types_mapper=nullable)
    return pandas.DataFrame(columns, columns=table.column_names)


def _find_nullable(type_: Any, pandas: Any) -> Any:
    """Return what keeps integers and truth values what they are if some are missing."""
    import pyarrow as pa

    if pa.types.is_integer(type_):
        return lambda _: pandas.Int64Dtype()
    if pa.types.is_boolean(type_):
        return lambda _: pandas.BooleanDtype()
    return None
