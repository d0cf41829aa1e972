"""The backward pass of a training step with a balancer."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._balancing_record import BalancingRecord
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._objective import TaskLosses, WeightedTaskLoss
from sklearn_mtl.neural_network._pull_back import make_pull_back
from sklearn_mtl.neural_network._task_gradients import (
    TaskGradients,
    choose_task_gradients,
    find_gramian,
)
from sklearn_mtl.neural_network.balancers._base import (
    Balancer,
    GradientBalancer,
    GramianBalancer,
    LossBalancer,
)

GRADIENT_LEVELS = ("representation", "parameters")


class Balancing(Protocol):
    """How a step finds its gradients."""

    @property
    def balancer(self) -> Balancer: ...

    record: BalancingRecord

    def backward(self, X: Tensor, y: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Leave the gradients in the parameters; return what the step found."""

    def observe_step(self, X: Tensor, y: tuple[Tensor, Tensor]) -> None:
        """Look at the same batch after the step."""

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint is to keep, beside the balancer."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become what a checkpoint kept."""


def make_balancing(
    module: Network, criterion: WeightedTaskLoss, gradient_level: str
) -> Balancing | None:
    """Return how to balance; None where a plain backward pass does it."""
    balancer = criterion.balancer
    if isinstance(balancer, LossBalancer):
        return LossBalancing(module, criterion, balancer)
    if isinstance(balancer, GradientBalancer):
        at_parameters = (
            gradient_level == "parameters"
            or balancer.remembers_gradients
            # A combination says nothing of how much of it each stream is to get.
            or (
                module.trunk.makes_streams and not isinstance(balancer, GramianBalancer)
            )
        )
        return GradientBalancing(module, criterion, balancer, at_parameters)
    return None


class LossBalancing:
    """Minimises a function of the losses, by one backward pass."""

    def __init__(
        self, module: Network, criterion: WeightedTaskLoss, balancer: LossBalancer
    ):
        self.module, self.criterion, self.balancer = module, criterion, balancer
        self.forward: Callable[[Any], Tensor] = module
        self.record = BalancingRecord(criterion.layout.n_tasks)

    def backward(self, X: Tensor, y: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        outputs = self.forward(X)
        cells = self.criterion.layout.losses(outputs, y[0])
        losses = self.criterion.by_task(cells, y[1])
        weights = self.weigh(losses)
        self.record.add_weights(losses.tasks, weights)
        objective = weights @ losses.estimates
        penalty = self.module.trunk.penalty()
        (objective if penalty is None else objective + penalty).backward()
        return {
            "loss": objective.detach(),
            "y_pred": outputs.detach(),
            "losses": cells.detach(),
        }

    def observe_step(self, X: Tensor, y: tuple[Tensor, Tensor]) -> None:
        """Show the balancer what the step did to the losses, if it wants to see it."""
        if not self.balancer.looks_back:
            return
        with torch.no_grad():
            cells = self.criterion.layout.losses(self.module(X), y[0])
            losses = self.criterion.by_task(cells, y[1])
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
        # What the balancer learns gets its gradient here too.
        objective.backward()
        weights = torch.zeros_like(means) if means.grad is None else means.grad
        return weights * losses.total


class GradientBalancing:
    """Combines the gradients of the tasks; what comes after the cut is not balanced."""

    def __init__(
        self,
        module: Network,
        criterion: WeightedTaskLoss,
        balancer: GradientBalancer,
        at_parameters: bool,
    ):
        self.module, self.criterion, self.balancer = module, criterion, balancer
        self.at_parameters = at_parameters
        self.record = BalancingRecord(criterion.layout.n_tasks)
        self._shared = [p for p in module.shared_parameters() if p.requires_grad]
        self._own = [p for p in module.task_parameters() if p.requires_grad]
        self._find_gradients = choose_task_gradients(module)
        self._pull_back = make_pull_back(module, self._shared, at_parameters)
        self._n_steps = 0
        self._last_weights = np.full(criterion.layout.n_tasks, np.nan)

    def backward(self, X: Tensor, y: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        with self._pull_back.watching():
            shared = self.module.share(X)
        cut = [
            tensor.detach().requires_grad_(tensor.requires_grad) for tensor in shared
        ]
        outputs = self.module.decode(*cut)
        cells = self.criterion.layout.losses(outputs, y[0])
        losses = self.criterion.by_task(cells, y[1])
        pairs = [
            (end, c) for end, c in zip(shared, cut, strict=True) if c.requires_grad
        ]
        self._add_penalty(pairs)
        if pairs and len(losses.tasks):
            ends, open_cut = [list(tensors) for tensors in zip(*pairs, strict=True)]
            gradients = self._find_gradients(
                self.module,
                open_cut,
                outputs,
                losses.estimates * losses.scales,
                losses.positions,
            )
            self._balance(gradients, ends, losses)
        objective = self.criterion.combine(cells, y[1])
        if self._own:
            objective.backward(inputs=self._own)
        return {
            "loss": objective.detach(),
            "y_pred": outputs.detach(),
            "losses": cells.detach(),
        }

    def observe_step(self, X: Tensor, y: tuple[Tensor, Tensor]) -> None:
        """Do nothing: gradients are not looked back at."""

    def state_dict(self) -> dict[str, Any]:
        return {"n_steps": self._n_steps, "last_weights": self._last_weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._n_steps, self._last_weights = state["n_steps"], state["last_weights"]

    def _add_penalty(self, pairs: list[tuple[Tensor, Tensor]]) -> None:
        penalty = self.module.trunk.penalty()
        if penalty is None:
            return
        penalty.backward(retain_graph=True)
        for end, tensor in pairs:
            if tensor.grad is not None:
                end.backward(tensor.grad, retain_graph=True)

    def weigh(
        self,
        losses: TaskLosses,
        balancer: GramianBalancer,
        find_products: Callable[[], Tensor],
    ) -> Tensor:
        """Return how much the gradient of each task counts in what is shared.

        The products of the gradients of the scaled losses are asked for where they are
        needed.
        """
        self._show_losses(losses)
        if self._n_steps % balancer.update_weights_every == 0:
            self._update_weights(find_products(), losses.tasks, balancer)
        self._n_steps += 1
        weights = self._weights(losses) * losses.total
        self.record.add_weights(losses.tasks, weights * losses.scales)
        return weights

    def _balance(
        self, gradients: TaskGradients, ends: list[Tensor], losses: TaskLosses
    ) -> None:
        balancer = self.balancer
        if not isinstance(balancer, GramianBalancer):
            self._show_losses(losses)
            rows = self._rows(gradients, ends)
            self._give(self._combine(rows, balancer, losses), ends)
            return
        rows = []

        def find_products() -> Tensor:
            if self.at_parameters:
                rows.extend(self._rows(gradients, ends))
            return find_gramian(rows) if rows else gradients.gramian()

        weights = self.weigh(losses, balancer, find_products)
        if rows:
            self._give([torch.tensordot(weights, part, 1) for part in rows], ends)
        else:
            torch.autograd.backward(ends, gradients.weighted(weights))

    def _show_losses(self, losses: TaskLosses) -> None:
        if self.balancer.uses_losses:
            self.balancer.observe_losses(losses.means.cpu().numpy(), losses.tasks)

    def _rows(self, gradients: TaskGradients, ends: list[Tensor]) -> list[Tensor]:
        if self.at_parameters:
            return self._pull_back(ends, gradients)
        return gradients.rows()

    def _combine(
        self, rows: list[Tensor], balancer: GradientBalancer, losses: TaskLosses
    ) -> list[Tensor]:
        J = torch.cat([part.flatten(1) for part in rows], dim=1)
        self.record.add_gramian(losses.tasks, (J @ J.T).cpu().double().numpy())
        found = balancer.combine(J, losses.tasks) * losses.total
        pieces = found.split([part[0].numel() for part in rows])
        return [
            piece.view(part.shape[1:]) for piece, part in zip(pieces, rows, strict=True)
        ]

    def _give(self, found: list[Tensor], ends: list[Tensor]) -> None:
        if not self.at_parameters:
            torch.autograd.backward(ends, found)
            return
        for parameter, gradient in zip(self._shared, found, strict=True):
            own = parameter.grad
            parameter.grad = gradient if own is None else own + gradient

    def _update_weights(
        self, G: Tensor, tasks: np.ndarray, balancer: GramianBalancer
    ) -> None:
        products = G.detach().cpu().double().numpy()
        self.record.add_gramian(tasks, products)
        self._last_weights[tasks] = balancer.weights(products, tasks)

    def _weights(self, losses: TaskLosses) -> Tensor:
        found = self._last_weights[losses.tasks]
        # A task that was absent when the weights were found counts as in the mean.
        found = np.where(np.isnan(found), 1 / len(found), found)
        return losses.shares.new_tensor(found)
