"""The objective: a weighted sum of the losses of the tasks."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network.balancers._base import Balancer


@dataclass(frozen=True)
class TaskLosses:
    """The losses of the tasks that have labels in a batch, in the order of Y.

    `positions` are theirs in the layout. `estimates` are without bias those of the
    objective, `means` are over the labels seen. `shares` sum to 1; of the shares of all
    tasks, these have `total`.
    """

    tasks: np.ndarray
    positions: np.ndarray
    estimates: Tensor
    means: Tensor
    shares: Tensor
    total: Tensor

    @property
    def scales(self) -> Tensor:
        """What the losses are times for gradient balancers, 1 if the shares are even.

        So they see losses times the share of their task, at the scale of the losses.
        """
        return self.shares * len(self.tasks)


class WeightedTaskLoss(nn.Module):
    """L = sum_t λ_t L_t / sum_t λ_t, estimated without bias from a batch.

    The weights of a task average 1 over the training data, so that a batch divides
    the sum of a task by what it expects to hold of it, not by what it happens to hold.

    A balancer, if there is one, has been reset; what it learns is among the parameters.
    """

    task_weights: Tensor

    def __init__(
        self, layout: OutputLayout, dtype: torch.dtype, balancer: Balancer | None = None
    ):
        super().__init__()
        self.layout = layout
        self.balancer = balancer
        self.register_buffer("task_weights", torch.ones(layout.n_tasks, dtype=dtype))
        learnable = {} if balancer is None else balancer.learnable()
        self.balancer_parameters = nn.ParameterDict(learnable)
        self._positions = torch.from_numpy(layout.positions)
        # A task of one class has nothing to balance.
        self._varies = torch.from_numpy(layout.varies())

    def weigh(self, task_weights: np.ndarray) -> None:
        """Take the weight of each task, in the order of Y."""
        shares = task_weights[self.layout.order] / task_weights.sum()
        self.task_weights.copy_(torch.as_tensor(shares))

    def shares(self) -> np.ndarray:
        """Return the share of each task in the objective, in the order of Y."""
        return self.task_weights.cpu().numpy()[self.layout.positions]

    def forward(self, outputs: Tensor, y: tuple[Tensor, Tensor]) -> Tensor:
        targets, weights = y
        return self.combine(self.layout.losses(outputs, targets), weights)

    def combine(
        self, losses: Tensor, weights: Tensor, n_rows: int | None = None
    ) -> Tensor:
        """Return the objective for the loss and the weight of every label.

        If they are of some rows of a batch, it is their part in that of all `n_rows`.
        """
        n_rows = len(weights) if n_rows is None else n_rows
        shares = weights * (self.task_weights / n_rows)
        return torch.dot(losses.flatten(), shares.flatten())

    def by_task(self, losses: Tensor, weights: Tensor) -> TaskLosses:
        """Return the losses of the tasks, given those of every label."""
        sums, seen = (losses * weights).sum(0), weights.detach().sum(0)
        return self.of_sums(sums, seen, len(weights))

    def of_sums(self, sums: Tensor, seen: Tensor, n_rows: int) -> TaskLosses:
        """Return the losses of the tasks, given weighted sums over rows, and weights.

        Both are in the order of the layout.
        """
        positions = self._positions.to(sums.device)
        shares = self.task_weights[positions]
        sums, seen = sums[positions], seen[positions]
        counts = (seen > 0) & (shares > 0) & self._varies.to(sums.device)
        tasks = np.flatnonzero(counts.cpu().numpy())
        if len(tasks) < len(counts):
            sums, seen, shares = sums[counts], seen[counts], shares[counts]
        total = shares.sum()
        return TaskLosses(
            tasks,
            self.layout.positions[tasks],
            sums / n_rows,
            sums.detach() / seen,
            shares / total,
            total,
        )
