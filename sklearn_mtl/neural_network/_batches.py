"""Training data, and batches of it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._rows import Rows

# X, a tensor or an `InputBatch`, with targets and weights.
Batch = tuple[Any, tuple[Tensor, Tensor]]


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

    def take(self, index: Tensor) -> Batch:
        """Return the batch of an index (on the CPU)."""
        return self.rows.take(index), self.labels(index)

    def labels(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return the targets and the weights of an index (on the CPU)."""
        index = index.to(self.targets.device)
        return self.targets.index_select(0, index), self.weights.index_select(0, index)


class Batches:
    """Batches (X, (targets, weights)) of data, in a new random order each time.

    Without a generator the order is that of the rows. A last batch of one row joins
    the batch before it, since normalisation layers cannot train on a single row. With
    `n_orders` above 1, a batch takes turns between rows of so many orders, which each
    have all rows. A batch of fewer than `n_members` rows has them several times.
    """

    def __init__(
        self,
        data: TaskData,
        batch_size: int,
        generator: torch.Generator | None = None,
        n_orders: int = 1,
        n_members: int = 1,
    ):
        self.data = data
        self.batch_size = batch_size
        self.generator = generator
        self.n_orders = n_orders
        self.n_members = n_members

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
        dealt = self.data.rows.deal(
            self.bounds().tolist(), self.generator, self.n_orders, self.n_members
        )
        for index, X in dealt:
            yield X, self.data.labels(index)
