"""The rows of a table, given as tensors.

Rows are gathered a batch at a time: the table is never copied, a memory-mapped array
stays on disk, and a sparse matrix is made dense a batch at a time.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn.functional import pad

from sklearn_mtl._input_parts import is_on_disk

# So many numbers, or rows, that what an encoder makes of them fits the memory.
_NUMBERS_AT_ONCE = 2**21
_FEWEST = 256


class Rows(ABC):
    """Rows that can be taken by their numbers, as what the network gets."""

    device: str

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    @abstractmethod
    def row_size(self) -> int:
        """How many numbers a row has, of its largest input."""

    @abstractmethod
    def take(self, index: Tensor) -> Any:
        """Return the rows of an index (on the CPU) as a new tensor or batch."""

    def how_many(self, most: int) -> int:
        """Return how many rows go through a network at once: fewer of larger ones."""
        return max(min(most, _NUMBERS_AT_ONCE // self.row_size), min(most, _FEWEST))

    def example(self) -> Any:
        """Return a few rows that have all there is to have."""
        return self.take(torch.zeros(1, dtype=torch.int64))

    def slices(self, size: int) -> Iterator[Any]:
        """Return the rows in their order, so many at a time."""
        for start in range(0, len(self), size):
            yield self.take(torch.arange(start, min(start + size, len(self))))

    def restore(self, outputs: Tensor) -> Tensor:
        """Return what was made of `slices` in the order of the rows."""
        return outputs


class TableRows(Rows):
    """The rows of one table, in floating point whatever it holds.

    On a GPU the table is moved there whole, unless it is sparse or on disk.
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
        whole = (
            isinstance(X, np.ndarray)
            and min(X.strides) >= 0
            and (X.flags.writeable if device == "cpu" else not is_on_disk(X))
        )
        if not whole:
            self.tensor = None
        elif device == "cpu":
            self.tensor = torch.from_numpy(X)
        else:
            self.tensor = torch.as_tensor(X, device=device)

    def __len__(self) -> int:
        return self.X.shape[0] if self.rows is None else len(self.rows)

    @property
    def row_size(self) -> int:
        return max(prod(self.X.shape[1:]), 1)

    def take(self, index: Tensor) -> Tensor:
        if self.rows is not None:
            index = self.rows.index_select(0, index)
        if self.tensor is not None:
            return self.tensor.index_select(0, index.to(self.device)).to(self.dtype)
        batch = self.X[index.numpy()]
        if sparse.issparse(self.X):
            batch = batch.toarray()
        return torch.from_numpy(batch).to(self.device, self.dtype)

    def slices(self, size: int) -> Iterator[Tensor]:
        if self.tensor is None or self.rows is not None:
            yield from super().slices(size)
            return
        for start in range(0, len(self), size):
            yield self.tensor[start : start + size].to(self.dtype)


def repeat_for_members(index: Tensor, n_members: int) -> Tensor:
    """Return the rows of a batch, all as often as it takes to have one per member."""
    return index.repeat(-(-n_members // max(len(index), 1)))


def append_zeros(rows: Tensor, n: int) -> Tensor:
    """Return at least n rows, the last ones of zeros."""
    missing = n - rows.shape[0]
    if missing <= 0:
        return rows
    return pad(rows, (0, 0) * (rows.ndim - 1) + (0, missing))
