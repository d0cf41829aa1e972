"""Balancers of losses: one backward pass of a function of the losses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._balancing._base import Balancing, Found
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._objective import TaskLosses, WeightedTaskLoss
from sklearn_mtl.neural_network._portions import Parts, Portion
from sklearn_mtl.neural_network._processes import Processes
from sklearn_mtl.neural_network.balancers._base import LossBalancer


@dataclass
class LossLook:
    """A part with the loss of every label, and the sums of the tasks."""

    part: Portion
    n_rows: int
    outputs: Tensor
    cells: Tensor
    sums: Tensor


# Which tasks of the layout count how much, and the gradients of what is learnt.
LossAnswer = tuple[np.ndarray, Tensor, list[Tensor | None]]


class LossBalancing(Balancing):
    """Minimises a function of the losses, by one backward pass."""

    def __init__(
        self,
        module: Network,
        criterion: WeightedTaskLoss,
        processes: Processes,
        balancer: LossBalancer,
    ):
        super().__init__(module, criterion, processes)
        self.balancer = balancer
        # Whether `observe_step` is to be called with the batch after the step.
        self.looks_back = balancer.looks_back
        self.forward: Callable[[Any], Tensor] = module
        self._learnable = list(criterion.balancer_parameters.parameters())

    def observe_step(self, parts: Parts) -> None:
        """Show the balancer what the step did to the losses."""
        with torch.no_grad():
            sums = [self._look(part, parts).sums for part in parts]
        losses = self.criterion.of_sums(self._sum(sums), parts.seen, parts.n_rows)
        self.balancer.observe_step(losses.means.cpu().numpy(), losses.tasks)

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Do nothing: all that is remembered is with the balancer."""

    def weigh(self, losses: TaskLosses) -> Tensor:
        """Return how much each of the tasks counts in the objective."""
        if not len(losses.tasks):
            return losses.means
        means = losses.means.requires_grad_()
        objective = self.balancer.objective(means, losses.shares, losses.tasks)
        # What the balancer learns gets its gradient here too, in every process.
        objective.backward()
        weights = torch.zeros_like(means) if means.grad is None else means.grad
        return weights * losses.total

    def _look(self, part: Portion, parts: Parts) -> LossLook:
        X, (targets, weights) = part.batch
        outputs = self.forward(X)
        cells = self.criterion.layout.losses(outputs, targets)
        return LossLook(part, parts.n_rows, outputs, cells, (cells * weights).sum(0))

    def _find_facts(self, look: LossLook) -> Tensor:
        return look.sums.detach()

    def _ask(self, facts: Sequence[Tensor], parts: Parts) -> LossAnswer:
        losses = self.criterion.of_sums(self._sum(facts), parts.seen, parts.n_rows)
        weights = self.weigh(losses)
        self.record.add_weights(losses.tasks, weights)
        return losses.positions, weights, [p.grad for p in self._learnable]

    def _go_back(self, look: LossLook, answer: LossAnswer, k: int) -> Found:
        positions, weights, learnt = answer
        for parameter, gradient in zip(self._learnable, learnt, strict=True):
            parameter.grad = gradient
        estimates = look.sums[positions] / look.n_rows
        objective = weights @ estimates
        penalty = self.module.trunk.penalty()
        if penalty is not None:
            (objective + penalty * look.part.share.fraction).backward()
        else:
            objective.backward()
        return {
            "loss": objective.detach(),
            "y_pred": look.outputs.detach(),
            "losses": look.cells.detach(),
        }
