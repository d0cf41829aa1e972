"""The rows of a table, given as tensors.

On a CPU rows are gathered a batch at a time: the table is never copied, a memory-mapped
array stays on disk, and a sparse matrix is made dense a batch at a time. Another device
gets the table whole if it has the memory, and else batches that are gathered ahead.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn.functional import pad

from sklearn_mtl._storage import read_ahead
from sklearn_mtl.neural_network._on_device import is_host, move_whole, pin, send

# So many numbers, or rows, that what an encoder makes of them fits the memory.
_NUMBERS_AT_ONCE = 2**21
_FEWEST = 256


class Rows(ABC):
    """Rows that can be taken by their numbers, as what the network gets.

    `is_streamed` says whether they are on the host, and the network is not.
    """

    device: str
    is_streamed = False

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    @abstractmethod
    def row_size(self) -> int:
        """How many numbers a row has, of its largest input."""

    @abstractmethod
    def gather(self, index: Tensor) -> Any:
        """Return what `send` makes the rows of an index from (on the CPU)."""

    @abstractmethod
    def send(self, gathered: Any) -> Any:
        """Return rows that were gathered, where the network is."""

    def take(self, index: Tensor) -> Any:
        """Return the rows of an index (on the CPU) as a new tensor or batch."""
        return self.send(self.gather(index))

    def take_each(self, indices: Iterable[Tensor]) -> Iterator[Any]:
        """Yield the rows of each index; if they are streamed, they are read ahead."""
        gathered: Iterator[Any] = map(self.gather, indices)
        for rows in read_ahead(gathered) if self.is_streamed else gathered:
            yield self.send(rows)

    def how_many(self, most: int) -> int:
        """Return how many rows go through a network at once: fewer of larger ones."""
        return max(min(most, _NUMBERS_AT_ONCE // self.row_size), min(most, _FEWEST))

    def example(self) -> Any:
        """Return a few rows that have all there is to have."""
        return self.take(torch.zeros(1, dtype=torch.int64))

    def slices(self, size: int) -> Iterator[Any]:
        """Return the rows in their order, so many at a time."""
        starts = range(0, len(self), size)
        return self.take_each(
            torch.arange(start, min(start + size, len(self))) for start in starts
        )

    def restore(self, outputs: Tensor) -> Tensor:
        """Return what was made of `slices` in the order of the rows."""
        return outputs


class TableRows(Rows):
    """The rows of one table, in floating point whatever it holds.

    `tensor` is the whole table where the network is, if it is there.
    """

    def __init__(
        self, X: Any, device: str, dtype: torch.dtype, rows: np.ndarray | None = None
    ):
        self.X = X
        self.device = device
        self.dtype = dtype
        self.rows = None if rows is None else torch.from_numpy(rows)
        self.tensor: Tensor | None
        # torch warns of memory that it may not write to, and takes no reversed arrays;
        # rows of such are copied instead.
        self._is_sparse = sparse.issparse(X)
        is_shared = not self._is_sparse and min(X.strides) >= 0 and X.flags.writeable
        self._host = torch.from_numpy(X) if is_shared else None
        if is_host(device):
            self.tensor = self._host
        else:
            self.tensor = move_whole(X, device, self._read, X.shape[0])
            self.is_streamed = self.tensor is None

    def __len__(self) -> int:
        return self.X.shape[0] if self.rows is None else len(self.rows)

    @property
    def row_size(self) -> int:
        return max(prod(self.X.shape[1:]), 1)

    def gather(self, index: Tensor) -> Tensor:
        if self.rows is not None:
            index = self.rows.index_select(0, index)
        if self.tensor is not None:
            return index
        if self._host is not None:
            found = self._host.index_select(0, index)
        else:
            found = self._copy(self.X[index.numpy()])
        return pin(found, self.device, self.dtype)

    def send(self, gathered: Tensor) -> Tensor:
        if self.tensor is None:
            return send(gathered, self.device, self.dtype)
        return self.tensor.index_select(0, gathered.to(self.device)).to(self.dtype)

    def slices(self, size: int) -> Iterator[Tensor]:
        if self.tensor is None or self.rows is not None:
            yield from super().slices(size)
            return
        for start in range(0, len(self), size):
            yield self.tensor[start : start + size].to(self.dtype)

    def _read(self, start: int, stop: int) -> Tensor:
        if self._host is not None:
            return self._host[start:stop]
        return self._copy(self.X[start:stop])

    def _copy(self, rows: Any) -> Tensor:
        """Return rows of the table, dense, as a tensor of their own."""
        dense = rows.toarray() if self._is_sparse else rows
        owned = dense.flags.owndata and dense.flags.writeable
        return torch.from_numpy(dense if owned else np.array(dense))


def repeat_for_members(index: Tensor, n_members: int) -> Tensor:
    """Return the rows of a batch, all as often as it takes to have one per member."""
    n_times = -(-n_members // max(len(index), 1))
    return index if n_times == 1 else index.repeat(n_times)


def append_zeros(rows: Tensor, n: int) -> Tensor:
    """Return at least n rows, the last ones of zeros."""
    missing = n - rows.shape[0]
    if missing <= 0:
        return rows
    return pad(rows, (0, 0) * (rows.ndim - 1) + (0, missing))
