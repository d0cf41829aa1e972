"""Rows with several named inputs, and batches of them: no input is padded."""

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl._inputs import Inputs
from sklearn_mtl._storage import StoredTable
from sklearn_mtl.neural_network._on_device import is_host, move_whole, pin, send
from sklearn_mtl.neural_network._rows import Rows, TableRows, append_zeros
from sklearn_mtl.neural_network._stored_rows import StoredRows


@dataclass(frozen=True)
class InputBatch:
    """What the rows of a batch have of each input.

    `tables` holds the rows that have an input, and perhaps some more to fill up;
    `places` says which rows of the batch they are, None if all of them in their order.
    An input that no row has is left out.
    """

    tables: dict[str, Tensor]
    places: dict[str, Tensor | None]
    n_rows: int

    def __len__(self) -> int:
        return self.n_rows

    def kinds(self) -> Tensor:
        """Return a number for each row, the same for rows that have the same inputs."""
        device = next(iter(self.tables.values())).device
        has = torch.ones(len(self.tables), self.n_rows, dtype=torch.int8, device=device)
        for k, places in enumerate(self.places.values()):
            if places is not None:
                has[k] = 0
                has[k, places] = 1
        return torch.unique(has, dim=1, return_inverse=True)[1]

    def with_tables(self, tables: dict[str, Tensor]) -> "InputBatch":
        """Return it with other tables for the same rows."""
        return replace(self, tables=tables)

    def rows(self, start: int, stop: int) -> "InputBatch":
        """Return what some rows in a row have."""
        tables: dict[str, Tensor] = {}
        own_places: dict[str, Tensor | None] = {}
        for name, places in self.places.items():
            table = self.tables[name]
            if places is None:
                here = torch.arange(start, stop, device=table.device)
                own_places[name] = None
            else:
                here = ((places >= start) & (places < stop)).nonzero().squeeze(1)
                if not len(here):
                    continue
                own_places[name] = places[here] - start
            tables[name] = table[_at_least_two(here)]
        return InputBatch(tables, own_places, stop - start)

    def filled_up(self, n_rows: int) -> "InputBatch":
        """Return it with rows of zeros after the few rows of a table."""
        return self.with_tables(
            {name: append_zeros(table, n_rows) for name, table in self.tables.items()}
        )


class InputRows(Rows):
    """The rows of a container with named inputs, given as batches on a device."""

    def __init__(
        self, X: Inputs, device: str, dtype: torch.dtype, rows: np.ndarray | None = None
    ):
        self.device = device
        self._n_rows = len(X) if rows is None else len(rows)
        self._tables = {
            name: _open_table(X, name, device, dtype, rows) for name in X.names
        }
        self.is_streamed = any(t.is_streamed for _, t in self._tables.values())

    def __len__(self) -> int:
        return self._n_rows

    @property
    def row_size(self) -> int:
        return max(table.row_size for _, table in self._tables.values())

    def example(self) -> InputBatch:
        having = [(positions >= 0).nonzero() for positions, _ in self._tables.values()]
        return self.take(torch.cat([rows[0] for rows in having if len(rows)]))

    def gather(self, index: Tensor) -> InputBatch:
        tables: dict[str, Tensor] = {}
        places: dict[str, Tensor | None] = {}
        for name, (positions, table) in self._tables.items():
            wanted = positions.index_select(0, index)
            found = (wanted >= 0).nonzero().squeeze(1)
            has_all = len(found) == len(index)
            if not len(found):
                continue
            if not has_all:
                wanted = wanted.index_select(0, found)
            tables[name] = table.gather(_at_least_two(wanted))
            places[name] = None if has_all else found
        return InputBatch(tables, places, len(index))

    def send(self, gathered: InputBatch) -> InputBatch:
        tables = {
            name: self._tables[name][1].send(table)
            for name, table in gathered.tables.items()
        }
        places = {
            name: None if found is None else found.to(self.device)
            for name, found in gathered.places.items()
        }
        return InputBatch(tables, places, len(gathered))


def _at_least_two(rows: Tensor) -> Tensor:
    """Return a single row twice: normalisation layers cannot train on one."""
    return rows.expand(2) if len(rows) == 1 else rows


class GatheredRows(Rows):
    """The rows of an input that is sparse, on disk, or in several parts."""

    def __init__(self, X: Inputs, name: str, device: str, dtype: torch.dtype):
        self.X, self.name = X, name
        self.device, self.dtype = device, dtype
        self.tensor: Tensor | None = None
        if not is_host(device):
            n_rows = X.table_length(name)
            self.tensor = move_whole(X, device, self._read, n_rows, name)
            self.is_streamed = self.tensor is None

    def __len__(self) -> int:
        return int(self.X.has(self.name).sum())

    @property
    def row_size(self) -> int:
        return prod(self.X.row_shapes[self.name])

    def gather(self, index: Tensor) -> Tensor:
        if self.tensor is not None:
            return index
        rows = torch.from_numpy(self.X.gather(self.name, index.numpy()))
        return pin(rows, self.device, self.dtype)

    def send(self, gathered: Tensor) -> Tensor:
        if self.tensor is None:
            return send(gathered, self.device, self.dtype)
        return self.tensor.index_select(0, gathered.to(self.device)).to(self.dtype)

    def _read(self, start: int, stop: int) -> Tensor:
        return torch.from_numpy(self.X.gather(self.name, np.arange(start, stop)))


def _open_table(
    X: Inputs, name: str, device: str, dtype: torch.dtype, rows: np.ndarray | None
) -> tuple[Tensor, Rows]:
    """Return where the rows are in the table of an input, and the table."""
    positions = X.positions(name)
    if rows is not None:
        positions = positions[rows]
    whole = X.whole_table(name)
    table: Rows = (
        GatheredRows(X, name, device, dtype)
        if whole is None
        else TableRows(whole, device, dtype)
    )
    return torch.from_numpy(positions), table


def open_rows(
    X: Any, device: str, dtype: torch.dtype, rows: np.ndarray | None = None
) -> Rows:
    """Return some rows of a table or of a container, None for all of them."""
    if isinstance(X, StoredTable):
        return StoredRows(X, device, dtype, rows)
    opened = InputRows if isinstance(X, Inputs) else TableRows
    return opened(X, device, dtype, rows)
