"""Training data as arrays, and batches of it as tensors.

Rows are gathered a batch at a time: the table is never copied, a memory-mapped array
stays on disk, and a sparse matrix is made dense a batch at a time.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

Batch = tuple[Tensor, tuple[Tensor, Tensor]]


class Rows:
    """The rows of a table, given as tensors on a device.

    On a GPU the table is moved there whole, unless it is sparse or on disk.
    """

    def __init__(self, X: Any, device: str, rows: np.ndarray | None = None):
        self.X = X
        self.device = device
        self.rows = None if rows is None else torch.from_numpy(rows)
        # torch warns of memory that it may not write to, and takes no reversed arrays;
        # rows of such are copied instead.
        whole = (
            not sparse.issparse(X)
            and min(X.strides) >= 0
            and (X.flags.writeable if device == "cpu" else not _is_on_disk(X))
        )
        self.tensor = torch.as_tensor(X, device=device) if whole else None

    def __len__(self) -> int:
        return self.X.shape[0] if self.rows is None else len(self.rows)

    def take(self, index: Tensor) -> Tensor:
        """Return the rows of an index (on the CPU) as a new tensor."""
        if self.rows is not None:
            index = self.rows.index_select(0, index)
        if self.tensor is not None:
            return self.tensor.index_select(0, index.to(self.device))
        batch = self.X[index.numpy()]
        if sparse.issparse(self.X):
            batch = batch.toarray()
        return torch.from_numpy(batch).to(self.device)

    def slices(self, size: int) -> Iterator[Tensor]:
        """Return the rows in their order, so many at a time."""
        for start in range(0, len(self), size):
            stop = min(start + size, len(self))
            if self.tensor is not None and self.rows is None:
                yield self.tensor[start:stop]
            else:
                yield self.take(torch.arange(start, stop))


def _is_on_disk(X: np.ndarray) -> bool:
    return isinstance(X, np.memmap) or isinstance(X.base, np.memmap)


class TaskData:
    """Rows with their targets and weights, (n, n_tasks) in the order of the layout.

    A missing label has weight 0. The weights of a task average 1 in training data.
    """

    def __init__(self, rows: Rows, targets: Tensor, weights: Tensor):
        self.rows = rows
        self.targets = targets
        self.weights = weights

    def __len__(self) -> int:
        return len(self.rows)


class Batches:
    """Batches (X, (targets, weights)) of data, in a new random order each time.

    Without a generator the order is that of the rows. A last batch of one row joins
    the batch before it, since normalisation layers cannot train on a single row.
    """

    def __init__(
        self,
        data: TaskData,
        batch_size: int,
        generator: torch.Generator | None = None,
    ):
        self.data = data
        self.batch_size = batch_size
        self.generator = generator

    def bounds(self) -> np.ndarray:
        """Return where each batch starts, and where the last one ends."""
        n = len(self.data)
        bounds = np.arange(0, n, self.batch_size)
        if len(bounds) > 1 and n - bounds[-1] == 1:
            bounds = bounds[:-1]
        return np.append(bounds, n)

    def __len__(self) -> int:
        return len(self.bounds()) - 1

    def __iter__(self) -> Iterator[Batch]:
        data, bounds, n = self.data, self.bounds().tolist(), len(self.data)
        if self.generator is None:
            order = torch.arange(n)
        else:
            order = torch.randperm(n, generator=self.generator)
        for start, stop in pairwise(bounds):
            index = order[start:stop]
            X = data.rows.take(index)
            index = index.to(X.device)
            yield (
                X,
                (
                    data.targets.index_select(0, index),
                    data.weights.index_select(0, index),
                ),
            )
