"""Batches whose tasks are drawn: a step uses the labels of some tasks only."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._batches import Batches, TaskData
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._portions import Batch, Portion
from sklearn_mtl.neural_network._processes import ONE_PROCESS, Processes
from sklearn_mtl.neural_network._rows import repeat_for_members
from sklearn_mtl.neural_network.samplers._base import TaskSampler


class Supply:
    """An endless supply of rows, each once before any comes again."""

    def __init__(self, rows: Tensor, generator: torch.Generator):
        self._rows = rows
        self._generator = generator
        self.left = rows[:0]

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, n: int) -> Tensor:
        """Return the next n rows; it starts anew where it is exhausted."""
        while len(self.left) < n:
            order = torch.randperm(len(self._rows), generator=self._generator)
            self.left = torch.cat([self.left, self._rows[order]])
        taken, self.left = self.left[:n], self.left[n:]
        return taken


class SampledBatches:
    """Batches for the tasks that a sampler draws for each step.

    A batch is split evenly over the tasks drawn; each brings rows that have its label,
    at most all of them. An epoch has as many steps as a pass over the rows.

    A label of weight w counts w / (n r), where r is how often its row was to be
    expected in the batch, so that the sum of a task's losses estimates its mean loss
    without bias, whichever labels the rows of the other tasks have. All weights are
    divided by the share in the objective that the tasks of a step are expected to have,
    so that steps are as long as without a sampler. With several networks each gets a
    batch of its rows, which take turns; with several members the rows are in no order,
    so that none sees the rows of the same tasks always.
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
        self._shares = criterion.shares()
        self._positions = criterion.layout.positions
        has_label = (data.weights > 0).cpu()
        own_rows = data.own_rows or [torch.arange(len(data))] * n_networks
        self._networks = [
            _make_supplies(has_label[:, self._positions], own, generator)
            for own in own_rows
        ]
        # As many rows of each task for every network.
        self._n_labels = np.min([[len(s) for s in each] for each in self._networks], 0)
        # How many of the steps of the last epoch used each task, in the order of Y.
        self.used = np.zeros(len(self._shares))

    def __len__(self) -> int:
        return len(Batches(self.data, self.batch_size))

    @property
    def unit(self) -> int:
        """How many rows in turn belong together."""
        return self.n_members

    def __iter__(self) -> Iterator[Batch]:
        for portion in self.portions():
            yield portion.batch

    def portions(self, processes: Processes = ONE_PROCESS) -> Iterator[Portion]:
        """Return what a process has of each batch."""
        seed = int(torch.randint(2**31 - 1, (), generator=self.generator))
        rng = np.random.RandomState(seed)
        share = float(self.sampler.probabilities(self.epoch) @ self._shares)
        drawn = self.sampler.draw(len(self), self.epoch, rng)
        self.epoch += 1
        self.used = drawn.mean(axis=0)
        for tasks in drawn:
            index, labels = self._draw(np.flatnonzero(tasks), share)
            yield self.data.share_out(index, labels, processes, self.unit)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint is to keep: the rows that are still to come."""
        return {"left": [[s.left for s in each] for each in self._networks]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become what a checkpoint kept."""
        for supplies, left in zip(self._networks, state["left"], strict=True):
            for supply, rows in zip(supplies, left, strict=True):
                supply.left = rows

    def _draw(
        self, tasks: np.ndarray, share: float
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the rows of a batch, and its labels."""
        sizes = [self._count_rows(t, len(tasks)) for t in tasks]
        indices, rates = [], []
        for supplies in self._networks:
            drawn = [supplies[t].take(n) for t, n in zip(tasks, sizes, strict=True)]
            index = torch.cat(drawn)
            if self.n_members > 1:
                index = index[torch.randperm(len(index), generator=self.generator)]
            indices.append(index)
            own = torch.zeros(len(self._positions), dtype=self.data.weights.dtype)
            for t, n in zip(tasks, sizes, strict=True):
                own[self._positions[t]] = n / len(supplies[t])
            rates.append(own)
        index = repeat_for_members(torch.stack(indices, 1).flatten(), self.n_members)
        targets, weights = self.data.labels(index)
        # The rows take turns between the networks.
        of_rows = torch.stack(rates).repeat(len(index) // len(rates), 1)
        of_rows = of_rows.to(weights.device)
        expected = ((weights > 0) * of_rows).sum(1, keepdim=True)
        counts = sum(sizes) / (self.data.n_rows_of_network * share * expected)
        return index, (targets, weights * (of_rows > 0) * counts)

    def _count_rows(self, task: int, n_tasks: int) -> int:
        """Return how many rows a task brings that is one of so many."""
        n_rows = min(max(1, self.batch_size // n_tasks), self._n_labels[task])
        # Normalisation layers cannot train on a single row.
        return 2 if n_tasks == n_rows == 1 < self.batch_size else int(n_rows)


def _make_supplies(
    has_label: Tensor, rows: Tensor, generator: torch.Generator
) -> list[Supply]:
    """Return for each task the rows that have its label, those of a network if any."""
    supplies = []
    for of_task in has_label.T:
        labelled = rows[of_task[rows]]
        if not len(labelled):
            labelled = of_task.nonzero().squeeze(1)
        supplies.append(Supply(labelled, generator))
    return supplies


def count_labels(data: TaskData, criterion: WeightedTaskLoss) -> np.ndarray:
    """Return the labels of each task, in the order of Y, 0 if it has no weight."""
    n_labels = (data.weights > 0).sum(0).cpu().numpy()[criterion.layout.positions]
    return np.where(criterion.shares() > 0, n_labels, 0)
