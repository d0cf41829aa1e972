"""Tables that are larger than memory, and how they are read."""

from sklearn_mtl._storage._array import StoredArray, free_pages, is_large_on_disk
from sklearn_mtl._storage._parquet_table import ParquetTable
from sklearn_mtl._storage._parts_folder import PartsFolder
from sklearn_mtl._storage._read_ahead import read_ahead
from sklearn_mtl._storage._sources import describe, split
from sklearn_mtl._storage._stored_parquet import StoredParquet, find_values
from sklearn_mtl._storage._table import (
    MEMORY_BUDGET,
    StoredTable,
    Wanted,
    even_bounds,
    rows_of_block,
    split_by_block,
)

__all__ = [
    "MEMORY_BUDGET",
    "ParquetTable",
    "PartsFolder",
    "StoredArray",
    "StoredParquet",
    "StoredTable",
    "Wanted",
    "describe",
    "even_bounds",
    "find_values",
    "free_pages",
    "is_large_on_disk",
    "read_ahead",
    "rows_of_block",
    "split",
    "split_by_block",
]
