"""A row per task, as long as a gradient, which balancers keep from step to step."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network.balancers._base import GradientBalancer


@dataclass(repr=False, eq=False)
class RememberingBalancer(GradientBalancer):
    """A balancer that remembers a row for each task, 0 at first, in `memory_`."""

    remembers_gradients: ClassVar[bool] = True

    def _start(self) -> None:
        self.memory_: Any = None
        self.n_steps_ = np.zeros(self.n_tasks_, dtype=np.intp)

    def _recall(self, J: Tensor, tasks: np.ndarray) -> Tensor:
        """Return the rows of the tasks."""
        if self.memory_ is None:
            self.memory_ = J.new_zeros(self.n_tasks_, J.shape[1])
        if self.memory_.shape[1] != J.shape[1]:
            raise parameter_error(
                "jacobian",
                type(self).__name__,
                f"as wide as in the steps before ({self.memory_.shape[1]})",
                f"{J.shape[1]} columns",
            )
        return self.memory_[torch.from_numpy(tasks)].to(J)

    def _remember(self, rows: Tensor, tasks: np.ndarray) -> None:
        """Keep the rows of the tasks."""
        self.memory_[torch.from_numpy(tasks)] = rows.to(self.memory_)

    def _follow(self, J: Tensor, tasks: np.ndarray, rates: np.ndarray) -> Tensor:
        """Move the rows of the tasks towards their gradients, and return them."""
        rows = self._recall(J, tasks)
        rows = rows + torch.as_tensor(rates).to(J)[:, None] * (J - rows)
        self._remember(rows, tasks)
        return rows
