"""The gradients of each task's loss with respect to what the tasks share.

They are taken at the cut: where the last shared tensors enter what tasks have of their
own. All have a row per task, in the order of the losses.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._network import Network


class TaskGradients(ABC):
    """The gradients at the cut, of tensors that need one.

    `losses` has the losses of some tasks, `positions` where these are in the layout.
    """

    def __init__(
        self,
        module: Network,
        cut: Sequence[Tensor],
        outputs: Tensor,
        losses: Tensor,
        positions: np.ndarray,
    ):
        self.module, self.cut, self.outputs = module, cut, outputs
        self.losses = losses
        self.positions = torch.as_tensor(positions, device=losses.device)

    @abstractmethod
    def rows(self) -> list[Tensor]:
        """Return the gradient of each task, for every tensor."""

    @abstractmethod
    def weighted(self, weights: Tensor) -> list[Tensor]:
        """Return the weighted sum over the tasks, for every tensor."""

    def gramian(self) -> Tensor:
        """Return the products of the gradients of the tasks with each other."""
        return find_gramian(self.rows())

    def by_task(self) -> Iterator[list[Tensor]]:
        """Yield the gradients of each task, of the shape of the tensors."""
        for parts in zip(*self.rows(), strict=True):
            yield list(parts)

    def _back(self, loss: Tensor) -> list[Tensor]:
        found = torch.autograd.grad(
            loss, self.cut, retain_graph=True, materialize_grads=True
        )
        return list(found)


class OfLinearHeads(TaskGradients):
    """Of linear heads on one representation: no pass back for each task is needed."""

    @cached_property
    def _deltas(self) -> Tensor:
        """The gradients of the outputs (n, n_outputs), each of its own task."""
        total = self.losses.sum()
        return torch.autograd.grad(total, self.outputs, retain_graph=True)[0]

    @cached_property
    def _owned(self) -> Tensor:
        """Which outputs are those of a task, in a row each."""
        widths, rows = self.module.widths, torch.arange(len(self.losses))
        rows = rows.to(widths.device)
        row_of = torch.full_like(widths, -1)
        row_of[self.positions] = rows
        is_row = (rows[:, None] == row_of).to(self.losses.dtype)
        return is_row.repeat_interleave(widths, dim=1)

    @property
    def _weight(self) -> Tensor:
        return self.module.heads.weight.detach()

    def rows(self) -> list[Tensor]:
        of_tasks = self._owned[:, None] * self._deltas
        return [of_tasks @ self._weight]

    def weighted(self, weights: Tensor) -> list[Tensor]:
        return [(self._deltas * (weights @ self._owned)) @ self._weight]

    def gramian(self) -> Tensor:
        products = (self._deltas.T @ self._deltas) * (self._weight @ self._weight.T)
        return self._owned @ products @ self._owned.T


class OfStreams(TaskGradients):
    """Of one stream per task, made by the same parameters: compared one to one.

    Each network has such streams.
    """

    def rows(self) -> list[Tensor]:
        found = self._back(self.losses.sum())
        return [streams[self.positions] for streams in found]

    def weighted(self, weights: Tensor) -> list[Tensor]:
        return self._back(weights @ self.losses)

    def by_task(self) -> Iterator[list[Tensor]]:
        for position, *rows in zip(self.positions, *self.rows(), strict=True):
            found = [torch.zeros_like(streams) for streams in self.cut]
            for streams, row in zip(found, rows, strict=True):
                streams[position] = row
            yield found


class OfAnyLayers(TaskGradients):
    """Of any layers: a pass back through them for each task."""

    def rows(self) -> list[Tensor]:
        by_task = [self._back(loss) for loss in self.losses]
        return [torch.stack(rows) for rows in zip(*by_task, strict=True)]

    def weighted(self, weights: Tensor) -> list[Tensor]:
        return self._back(weights @ self.losses)


def choose_task_gradients(module: Network) -> type[TaskGradients]:
    """Return the cheapest way to find the gradients of a network."""
    if module.trunk.makes_streams:
        return OfStreams
    has_one_head = not module.trunk.per_task and module.trunk.n_networks == 1
    return OfLinearHeads if has_one_head else OfAnyLayers


def find_gramian(rows: Sequence[Tensor]) -> Tensor:
    """Return the products of gradients that are given tensor by tensor."""
    # A parameter may be a single number.
    parts = [of_tensor.reshape(len(of_tensor), -1) for of_tensor in rows]
    return sum((part @ part.T for part in parts[1:]), parts[0] @ parts[0].T)
