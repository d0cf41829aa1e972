"""The rows of a table that memory is too small for, a window at a time.

A window is as many blocks of the table as may be in memory together. Batches are drawn
from the rows of one window in random order, then from those of the next one, which is
read in the meantime; the blocks come in random order too.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from math import prod

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl._storage import StoredTable, read_ahead
from sklearn_mtl.neural_network._on_device import is_host, pin, send
from sklearn_mtl.neural_network._rows import Rows, repeat_for_members

# The numbers of some rows, and the rows.
Window = tuple[np.ndarray, Tensor]


class StoredRows(Rows):
    """Rows of a stored table, or of those that a selection of its rows names."""

    def __init__(
        self,
        table: StoredTable,
        device: str,
        dtype: torch.dtype,
        rows: np.ndarray | None = None,
    ):
        self.table = table
        self.device = device
        self.is_streamed = not is_host(device)
        self.dtype = dtype
        self._rows = rows
        stored = table.stored_rows(rows)
        self._order: np.ndarray | None = None
        if np.any(stored[1:] < stored[:-1]):
            self._order = np.argsort(stored, kind="stable")
            stored = stored[self._order]
        self._stored = stored
        self._ends = np.searchsorted(stored, table.bounds)

    def __len__(self) -> int:
        return len(self._stored)

    @property
    def row_size(self) -> int:
        return max(prod(self.table.row_shape), 1)

    def gather(self, index: Tensor) -> Tensor:
        rows = index.numpy()
        found = self.table[rows if self._rows is None else self._rows[rows]]
        return pin(torch.from_numpy(found), self.device, self.dtype)

    def send(self, gathered: Tensor) -> Tensor:
        return send(gathered, self.device, self.dtype)

    def deal(
        self,
        bounds: Sequence[int],
        generator: torch.Generator | None = None,
        n_orders: int = 1,
        n_members: int = 1,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the rows of each batch, as numbers and as what the network gets.

        Batches go from one of the bounds to the next, through one random order or
        several that take turns; without a generator, in the order of storage. One with
        fewer rows than there are members has them several times.
        """
        dealt = self._deal(bounds, generator, n_orders, n_members)
        for index, rows in read_ahead(dealt) if self.is_streamed else dealt:
            yield index, self.send(rows)

    def _deal(
        self,
        bounds: Sequence[int],
        generator: torch.Generator | None,
        n_orders: int,
        n_members: int,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        sizes = iter(np.diff(bounds).tolist())
        size, parts = next(sizes, 0), Parts()
        for numbers, values in self._open_windows(generator):
            index = torch.from_numpy(numbers)
            order = _draw_order(len(index), generator, n_orders)
            at = 0
            while at < len(order) and size:
                chosen = order[at : at + size - parts.n_rows]
                parts.add(index[chosen], values[chosen.flatten()])
                at += len(chosen)
                if parts.n_rows == size:
                    dealt, X = parts.join(n_members)
                    yield dealt, pin(X, self.device, self.dtype)
                    size, parts = next(sizes, 0), Parts()

    def slices(self, size: int) -> Iterator[Tensor]:
        """Return the rows in the order in which they are stored."""
        for _, values in self._open_windows(None):
            for start in range(0, len(values), size):
                part = values[start : start + size]
                yield self.send(pin(part, self.device, self.dtype))

    def restore(self, outputs: Tensor) -> Tensor:
        if self._order is None:
            return outputs
        restored = torch.empty_like(outputs)
        restored[torch.from_numpy(self._order)] = outputs
        return restored

    def _open_windows(self, generator: torch.Generator | None) -> Iterator[Window]:
        """Yield the windows, in random order with a generator, and read ahead."""
        if generator is not None and self.table.in_any_order:
            order = torch.randperm(len(self), generator=generator)
            return read_ahead(self._load_any(order))
        return read_ahead(self._load(self._plan(generator)))

    def _plan(self, generator: torch.Generator | None) -> list[list[int]]:
        """Return the blocks of each window."""
        sizes = np.diff(self._ends)
        blocks = np.flatnonzero(sizes)
        if generator is not None:
            groups = self.table.groups[blocks]
            groups, of_blocks = np.unique(groups, return_inverse=True)
            ranks = torch.randperm(len(groups), generator=generator).numpy()
            blocks = blocks[np.argsort(ranks[of_blocks], kind="stable")]
        windows: list[list[int]] = []
        n_rows = 0
        for block in blocks.tolist():
            if not windows or n_rows + sizes[block] > self.table.window_size:
                windows.append([])
                n_rows = 0
            windows[-1].append(block)
            n_rows += sizes[block]
        return windows

    def _load(self, windows: Sequence[Sequence[int]]) -> Iterator[Window]:
        ends, bounds, table = self._ends, self.table.bounds, self.table
        found = table.read(
            (block, self._stored[ends[block] : ends[block + 1]] - bounds[block])
            for block in chain.from_iterable(windows)
        )
        for blocks in windows:
            places = [np.arange(ends[block], ends[block + 1]) for block in blocks]
            numbers = np.concatenate(places)
            rows = np.empty((len(numbers), *table.row_shape), dtype=table.dtype)
            start = 0
            for of_block in places:
                rows[start : start + len(of_block)] = next(found)
                start += len(of_block)
            if self._order is not None:
                numbers = self._order[numbers]
            yield numbers, torch.from_numpy(rows)

    def _load_any(self, order: Tensor) -> Iterator[Window]:
        for index in order.split(self.table.window_size):
            rows = index.numpy()
            found = self.table[rows if self._rows is None else self._rows[rows]]
            yield rows, torch.from_numpy(found)


class Parts:
    """What windows bring to a batch: a few rows of one, the rest of the next one."""

    def __init__(self) -> None:
        self.n_rows = 0
        self._numbers: list[Tensor] = []
        self._rows: list[Tensor] = []

    def add(self, numbers: Tensor, rows: Tensor) -> None:
        """Take numbers of rows (n, n_orders), and the rows, flattened."""
        self.n_rows += len(numbers)
        self._numbers.append(numbers.flatten())
        self._rows.append(rows)

    def join(self, n_members: int) -> tuple[Tensor, Tensor]:
        """Return all of them, each often enough to have one per member."""
        is_one = len(self._numbers) == 1
        numbers = self._numbers[0] if is_one else torch.cat(self._numbers)
        rows = self._rows[0] if is_one else torch.cat(self._rows)
        if n_members <= len(numbers):
            return numbers, rows
        places = repeat_for_members(torch.arange(len(numbers)), n_members)
        return numbers[places], rows[places]


def _draw_order(n: int, generator: torch.Generator | None, n_orders: int) -> Tensor:
    """Return the places of rows (n, n_orders), in random orders with a generator."""
    if generator is None:
        return torch.arange(n).unsqueeze(1)
    orders = [torch.randperm(n, generator=generator) for _ in range(n_orders)]
    return torch.stack(orders, dim=1)
