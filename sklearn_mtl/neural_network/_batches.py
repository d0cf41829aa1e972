"""Training data, and batches of it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._portions import (
    Batch,
    Portion,
    find_rows,
    make_portion,
    whole_portion,
)
from sklearn_mtl.neural_network._processes import ONE_PROCESS, Processes
from sklearn_mtl.neural_network._rows import Rows, repeat_for_members
from sklearn_mtl.neural_network._stored_rows import StoredRows


class TaskData:
    """Rows with their targets and weights, (n, n_tasks) in the order of the layout.

    A missing label has weight 0. The weights of a task average 1 in training data. Of
    several networks, each may have training rows of its own, whose numbers are in
    `own_rows`; the rows that are held out may take turns between `n_turns` networks.
    """

    def __init__(
        self,
        rows: Rows,
        targets: Tensor,
        weights: Tensor,
        own_rows: Sequence[Tensor] = (),
        n_turns: int = 1,
    ):
        self.rows = rows
        self.targets = targets
        self.weights = weights
        self.own_rows = own_rows
        self.n_turns = n_turns

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_rows_of_network(self) -> int:
        """How many rows each network goes through in an epoch."""
        return min((len(own) for own in self.own_rows), default=len(self))

    def order_of_network(self, network: int, generator: torch.Generator) -> Tensor:
        """Return the numbers of its rows in a new order."""
        if not self.own_rows:
            return torch.randperm(len(self), generator=generator)
        own = self.own_rows[network]
        return own[torch.randperm(len(own), generator=generator)]

    def take(self, index: Tensor) -> Batch:
        """Return the batch of an index (on the CPU)."""
        return self.rows.take(index), self.labels(index)

    def share_out(
        self,
        index: Tensor,
        labels: tuple[Tensor, Tensor],
        processes: Processes,
        unit: int,
        X: Any = None,
    ) -> Portion:
        """Return what a process has of a batch; X are its rows if they are there."""
        share = processes.share(len(index), unit)
        if X is not None or share.is_whole:
            X = self.rows.take(index) if X is None else X
            portion = whole_portion((X, labels))
            return portion if share.is_whole else portion.cut(share, unit)
        rows = find_rows(share, unit)
        own, (targets, weights) = slice(rows.start, rows.stop), labels
        batch = self.rows.take(index[own]), (targets[own], weights[own])
        return make_portion(batch, share, weights.sum(0))

    def labels(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return the targets and the weights of an index (on the CPU)."""
        index = index.to(self.targets.device)
        return self.targets.index_select(0, index), self.weights.index_select(0, index)


class Batches:
    """Batches (X, (targets, weights)) of data, in a new random order each time.

    Without a generator the order is that of the rows. A last batch of one row joins
    the batch before it, since normalisation layers cannot train on a single row. With
    several networks, each goes through its rows in an order of its own, and the rows of
    a batch take turns between them. A batch of fewer than `n_members` rows has them
    several times.
    """

    def __init__(
        self,
        data: TaskData,
        batch_size: int,
        generator: torch.Generator | None = None,
        n_networks: int = 1,
        n_members: int = 1,
    ):
        self.data = data
        self.batch_size = batch_size
        self.generator = generator
        self.n_networks = n_networks
        self.n_members = n_members

    def bounds(self) -> np.ndarray:
        """Return where each batch starts, and where the last one ends."""
        n, turns = self.data.n_rows_of_network, self.data.n_turns
        bounds = np.arange(0, n, -(-self.batch_size // turns) * turns)
        if len(bounds) > 1 and n - bounds[-1] == 1:
            bounds = bounds[:-1]
        return np.append(bounds, n)

    def __len__(self) -> int:
        return len(self.bounds()) - 1

    @property
    def unit(self) -> int:
        """How many rows in turn belong together."""
        return max(self.n_members, self.data.n_turns)

    def __iter__(self) -> Iterator[Batch]:
        for portion in self.portions():
            yield portion.batch

    def portions(self, processes: Processes = ONE_PROCESS) -> Iterator[Portion]:
        """Return what a process has of each batch."""
        data, n = self.data, self.data.n_rows_of_network
        bounds = self.bounds().tolist()
        if isinstance(data.rows, StoredRows):
            dealt = data.rows.deal(
                bounds, self.generator, self.n_networks, self.n_members
            )
            for index, X in dealt:
                labels = data.labels(index)
                yield data.share_out(index, labels, processes, self.unit, X)
            return
        if self.generator is None:
            order = torch.arange(n)
        else:
            orders = [
                data.order_of_network(network, self.generator)[:n]
                for network in range(self.n_networks)
            ]
            order = torch.stack(orders, dim=1)
        indices = [
            repeat_for_members(order[start:stop].flatten(), self.n_members)
            for start, stop in pairwise(bounds)
        ]
        if processes.n > 1:
            # Each gathers no other rows than its own.
            for index in indices:
                yield data.share_out(index, data.labels(index), processes, self.unit)
            return
        for index, X in zip(indices, data.rows.take_each(indices), strict=True):
            yield data.share_out(index, data.labels(index), processes, self.unit, X)
