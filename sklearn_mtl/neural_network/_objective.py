"""The objective: a weighted sum of the losses of the tasks."""

import numpy as np
import torch
from torch import Tensor, nn

from sklearn_mtl.neural_network._task_groups import OutputLayout


class WeightedTaskLoss(nn.Module):
    """L = sum_t λ_t L_t / sum_t λ_t, estimated without bias from a batch.

    The weights of a task average 1 over the training data, so that a batch divides
    the sum of a task by what it expects to hold of it, not by what it happens to hold.
    """

    task_weights: Tensor

    def __init__(self, layout: OutputLayout, dtype: torch.dtype):
        super().__init__()
        self.layout = layout
        self.register_buffer("task_weights", torch.ones(layout.n_tasks, dtype=dtype))

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

    def combine(self, losses: Tensor, weights: Tensor) -> Tensor:
        """Return the objective for the loss and the weight of every label."""
        shares = weights * (self.task_weights / len(weights))
        return torch.dot(losses.flatten(), shares.flatten())
