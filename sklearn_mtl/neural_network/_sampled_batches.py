"""Batches whose tasks are drawn: a step uses the labels of some tasks only."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._batches import (
    Batch,
    Batches,
    TaskData,
)
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._rows import repeat_for_members
from sklearn_mtl.neural_network.samplers._base import TaskSampler


class Supply:
    """An endless supply of rows, each once before any comes again."""

    def __init__(self, rows: Tensor, generator: torch.Generator):
        self._rows = rows
        self._generator = generator
        self._left = rows[:0]

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, n: int) -> Tensor:
        """Return the next n rows; it starts anew where it is exhausted."""
        while len(self._left) < n:
            order = torch.randperm(len(self._rows), generator=self._generator)
            self._left = torch.cat([self._left, self._rows[order]])
        taken, self._left = self._left[:n], self._left[n:]
        return taken


class SampledBatches:
    """Batches for the tasks that a sampler draws for each step.

    A batch is split evenly over the tasks drawn; each brings rows that have its label,
    at most all of them. An epoch has as many steps as a pass over the rows.

    A label of weight w counts w / (n r), where r is how often its row was to be
    expected in the batch, so that the sum of a task's losses estimates its mean loss
    without bias, whichever labels the rows of the other tasks have. All weights are
    divided by the share in the objective that the tasks of a step are expected to have,
    so that steps are as long as without a sampler. With several networks each gets
    `batch_size` rows; with several members the rows are in no order, so that none sees
    the rows of the same tasks always.
    """

    def __init__(
        self,
        data: TaskData,
        batch_size: int,
        sampler: TaskSampler,
        criterion: WeightedTaskLoss,
        generator: torch.Generator,
        first_epoch: int = 0,
        n_members: int = 1,
        n_networks: int = 1,
    ):
        self.data = data
        self.batch_size = batch_size
        self.sampler = sampler
        self.generator = generator
        self.epoch = first_epoch
        self.n_members = n_members
        self.n_networks = n_networks
        self._shares = criterion.shares()
        self._positions = criterion.layout.positions
        has_label = (data.weights > 0).cpu()
        self._supplies = [
            Supply(has_label[:, at].nonzero().squeeze(1), generator)
            for at in self._positions
        ]
        # How many of the steps of the last epoch used each task, in the order of Y.
        self.used = np.zeros(len(self._shares))

    def __len__(self) -> int:
        return len(Batches(self.data, self.batch_size))

    def __iter__(self) -> Iterator[Batch]:
        seed = int(torch.randint(2**31 - 1, (), generator=self.generator))
        rng = np.random.RandomState(seed)
        share = float(self.sampler.probabilities(self.epoch) @ self._shares)
        drawn = self.sampler.draw(len(self), self.epoch, rng)
        self.epoch += 1
        self.used = drawn.mean(axis=0)
        for tasks in drawn:
            yield self._batch(np.flatnonzero(tasks), share)

    def _batch(self, tasks: np.ndarray, share: float) -> Batch:
        parts: list[Tensor] = []
        rates = torch.zeros(len(self._positions), dtype=self.data.weights.dtype)
        for t in tasks:
            supply = self._supplies[t]
            wanted = self.n_networks * self.batch_size // len(tasks)
            n_rows = min(max(1, wanted), len(supply))
            if len(tasks) == n_rows == 1 < self.batch_size:
                # Normalisation layers cannot train on a single row.
                n_rows = 2
            parts.append(supply.take(n_rows))
            rates[self._positions[t]] = n_rows / len(supply)
        index = torch.cat(parts)
        if self.n_members > 1:
            index = index[torch.randperm(len(index), generator=self.generator)]
        X, (targets, weights) = self.data.take(
            repeat_for_members(index, self.n_members)
        )
        rates = rates.to(weights.device)
        expected = (weights > 0).to(weights.dtype) @ rates
        counts = len(index) / (len(self.data) * share * expected)
        return X, (targets, weights * (rates > 0) * counts.unsqueeze(1))


def count_labels(data: TaskData, criterion: WeightedTaskLoss) -> np.ndarray:
    """Return the labels of each task, in the order of Y, 0 if it has no weight."""
    n_labels = (data.weights > 0).sum(0).cpu().numpy()[criterion.layout.positions]
    return np.where(criterion.shares() > 0, n_labels, 0)
