"""The rows of Parquet files as arrays, read a row group or a piece of one at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._storage._parquet_columns import Codes, to_array, to_dictionary
from sklearn_mtl._storage._parquet_files import ParquetFiles
from sklearn_mtl._storage._parquet_table import ParquetTable
from sklearn_mtl._storage._table import (
    StoredTable,
    Wanted,
    even_bounds,
    rows_of_block,
    split_by_block,
    takes_all,
)

# Files are kept open, as their footers take long to read, but not all of them.
_MOST_OPEN = 8

# Columns of fewer rows are decoded before another thread would have started.
_ROWS_FOR_THREADS = 2**13


class StoredParquet(StoredTable):
    """The selected rows of Parquet files; categories become numbers by `codes`."""

    has_cheap_rows = False

    def __init__(
        self,
        table: ParquetTable,
        codes: Mapping[str, Codes],
        dtype: Any,
        *,
        owner: str,
        allow_nan: bool,
    ) -> None:
        files = table.files
        most = rows_of_block(len(table.features), table.memory_budget)
        pieces = [even_bounds(int(size), most) for size in np.diff(files.bounds)]
        starts = [
            start + of_group[:-1]
            for start, of_group in zip(files.bounds[:-1], pieces, strict=True)
        ]
        super().__init__(
            np.append(np.concatenate(starts), files.n_rows),
            np.repeat(np.arange(len(pieces)), [len(of) - 1 for of in pieces]),
            (len(table.features),),
            dtype,
            rows=table.rows,
            memory_budget=table.memory_budget,
            owner=owner,
            allow_nan=allow_nan,
        )
        self._files = files
        self._names = table.features
        self._codes = codes

    def _read(
        self, wanted: Iterable[Wanted], columns: Sequence[int] | None
    ) -> Iterator[np.ndarray]:
        names = [self._names[j] for j in columns or range(len(self._names))]
        reader = PieceReader(self._files, names)
        for block, local in wanted:
            group = self.groups[block]
            first = int(self.bounds[block] - self._files.bounds[group])
            n_rows = int(self.bounds[block + 1] - self.bounds[block])
            part = reader.read(int(group), first, n_rows)
            # Few rows are chosen before they become numbers, many afterwards.
            if 2 * len(local) < n_rows:
                yield to_array(part.take(local), names, self._codes, self.dtype)
                continue
            rows = to_array(part, names, self._codes, self.dtype)
            yield rows if takes_all(local, n_rows) else rows[local]


class PieceReader:
    """Reads pieces of row groups; those that follow one another are decoded once."""

    def __init__(self, files: ParquetFiles, names: Sequence[str]) -> None:
        self._files = files
        self._names = list(names)
        self._opened: dict[int, Any] = {}
        self._group, self._at = -1, 0
        self._batches: Iterator[Any] = iter(())
        self._left: Any = None

    def read(self, group: int, first: int, n_rows: int) -> Any:
        """Return rows of a row group as an Arrow table."""
        size = int(self._files.bounds[group + 1] - self._files.bounds[group])
        if n_rows == size:
            self._group, self._left = -1, None
            place = int(self._files.places[group, 1])
            return self._open(group).read_row_group(
                place, columns=self._names, use_threads=n_rows >= _ROWS_FOR_THREADS
            )
        if group != self._group or first < self._at:
            self._start(group, n_rows)
        if first > self._at:
            self._next(first - self._at)
        return self._next(n_rows)

    def _open(self, group: int) -> Any:
        file = int(self._files.places[group, 0])
        opened = self._opened.pop(file, None)
        if opened is None:
            if len(self._opened) == _MOST_OPEN:
                oldest = next(iter(self._opened))
                self._opened.pop(oldest).close()
            kinds = self._files.kinds
            text = [name for name in self._names if kinds[name] == "category"]
            opened = self._files.open(file, read_dictionary=text)
        self._opened[file] = opened
        return opened

    def _start(self, group: int, n_rows: int) -> None:
        place = int(self._files.places[group, 1])
        self._group, self._at, self._left = group, 0, None
        self._batches = self._open(group).iter_batches(
            batch_size=n_rows,
            row_groups=[place],
            columns=self._names,
            use_threads=n_rows >= _ROWS_FOR_THREADS,
        )

    def _next(self, n_rows: int) -> Any:
        """Return the next rows of the group that is being read."""
        import pyarrow as pa

        parts = [] if self._left is None else [self._left]
        found = sum(part.num_rows for part in parts)
        while found < n_rows:
            parts.append(pa.Table.from_batches([next(self._batches)]))
            found += parts[-1].num_rows
        table = pa.concat_tables(parts)
        self._left = table.slice(n_rows) if found > n_rows else None
        self._at += n_rows
        return table.slice(0, n_rows)


def find_values(table: ParquetTable, name: str) -> list[Any]:
    """Return the values that a column has in the selected rows, None if some lack one.

    They are in no order.
    """
    rows = np.arange(len(table)) if table.rows is None else np.sort(table.rows)
    reader = PieceReader(table.files, [name])
    values: set[Any] = set()
    for group, local in split_by_block(rows, table.files.bounds):
        n_rows = int(np.diff(table.files.bounds)[group])
        column = reader.read(group, 0, n_rows).column(name)
        dictionary, places = to_dictionary(column)
        found = np.unique(places[local])
        values.update((*dictionary, None)[place] for place in found)
    return list({None if value != value else value for value in values})
