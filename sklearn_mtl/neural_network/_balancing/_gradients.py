"""Balancers of gradients: those of the tasks are combined where the tasks part."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._balancing._base import Balancing, Found
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._objective import TaskLosses, WeightedTaskLoss
from sklearn_mtl.neural_network._portions import Parts, Portion
from sklearn_mtl.neural_network._processes import Processes
from sklearn_mtl.neural_network._pull_back import make_pull_back
from sklearn_mtl.neural_network._row_share import find_row_axis
from sklearn_mtl.neural_network._task_gradients import (
    TaskGradients,
    choose_task_gradients,
    find_gramian,
)
from sklearn_mtl.neural_network.balancers._base import (
    GradientBalancer,
    GramianBalancer,
)


@dataclass
class GradientLook:
    """A part up to what its tasks share (`ends`), and from there (`cut`) to the losses.

    `gradients` are those of the tasks at the cut, None where there are none.
    """

    part: Portion
    ends: list[Tensor]
    cut: list[Tensor]
    outputs: Tensor
    cells: Tensor
    sums: Tensor
    parts: Parts
    gradients: TaskGradients | None


@dataclass
class GradientFacts:
    """What a balancer is to know: sums of losses, and gradients or their products."""

    n_rows: int
    sums: Tensor
    products: Tensor | None = None
    rows: list[Tensor] = field(default_factory=list)


@dataclass
class GradientAnswer:
    """Weights of the tasks, or combined gradients: of the parameters, or at the cut."""

    weights: Tensor | None = None
    of_parameters: list[Tensor] | None = None
    at_cut: list[Tensor] | None = None


class GradientBalancing(Balancing):
    """Combines the gradients of the tasks; what comes after the cut is not balanced."""

    balancer: GradientBalancer

    def __init__(
        self,
        module: Network,
        criterion: WeightedTaskLoss,
        processes: Processes,
        balancer: GradientBalancer,
        at_parameters: bool,
    ):
        super().__init__(module, criterion, processes)
        self.balancer, self.at_parameters = balancer, at_parameters
        self._shared = [p for p in module.shared_parameters() if p.requires_grad]
        self._own = [p for p in module.task_parameters() if p.requires_grad]
        self._find_gradients = choose_task_gradients(module)
        self._pull_back = make_pull_back(module, self._shared, at_parameters)
        self._n_steps = 0
        self._last_weights = np.full(criterion.layout.n_tasks, np.nan)

    def state_dict(self) -> dict[str, Any]:
        return {"n_steps": self._n_steps, "last_weights": self._last_weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._n_steps, self._last_weights = state["n_steps"], state["last_weights"]

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
        if self._needs_gradients:
            self._update_weights(find_products(), losses.tasks, balancer)
        self._n_steps += 1
        weights = self._weights(losses) * losses.total
        self.record.add_weights(losses.tasks, weights * losses.scales)
        return weights

    @property
    def _needs_gradients(self) -> bool:
        """Whether the balancer is to know the gradients of this step."""
        balancer = self.balancer
        return (
            not isinstance(balancer, GramianBalancer)
            or self._n_steps % balancer.update_weights_every == 0
        )

    def _look(self, part: Portion, parts: Parts) -> GradientLook:
        X, (targets, weights) = part.batch
        with self._pull_back.watching():
            shared = self.module.share(X)
        cut = [
            tensor.detach().requires_grad_(tensor.requires_grad) for tensor in shared
        ]
        outputs = self.module.decode(*cut)
        cells = self.criterion.layout.losses(outputs, targets)
        sums = (cells * weights).sum(0)
        losses = self.criterion.of_sums(sums, parts.seen, parts.n_rows)
        ends, open_cut, gradients = [], [], None
        for end, tensor in zip(shared, cut, strict=True):
            if tensor.requires_grad:
                ends.append(end)
                open_cut.append(tensor)
        if ends and self._shared and len(losses.tasks):
            gradients = self._find_gradients(
                self.module,
                open_cut,
                outputs,
                losses.estimates * losses.scales,
                losses.positions,
            )
        return GradientLook(
            part, ends, open_cut, outputs, cells, sums, parts, gradients
        )

    def _find_facts(self, look: GradientLook) -> GradientFacts | None:
        gradients = look.gradients
        if gradients is None:
            return None
        facts = GradientFacts(len(look.cells), look.sums.detach())
        if not self._needs_gradients:
            return facts
        if self.at_parameters:
            facts.rows = self._pull_back(look.ends, gradients)
        elif isinstance(self.balancer, GramianBalancer):
            facts.products = gradients.gramian().detach()
        else:
            facts.rows = gradients.rows()
        return facts

    def _ask(
        self, found: Sequence[GradientFacts | None], parts: Parts
    ) -> GradientAnswer:
        facts = [of_part for of_part in found if of_part is not None]
        if not facts:
            return GradientAnswer()
        sums = [of_part.sums for of_part in facts]
        total = self._sum(sums) if self.balancer.uses_losses else sums[0]
        losses = self.criterion.of_sums(total, parts.seen, parts.n_rows)
        if isinstance(self.balancer, GramianBalancer):
            return self._ask_for_weights(facts, losses, self.balancer)
        self._show_losses(losses)
        if self.at_parameters:
            rows = self._sum_rows(facts)
            return GradientAnswer(of_parameters=self._combine(rows, losses))
        return GradientAnswer(at_cut=self._combine_at_cut(facts, losses))

    def _ask_for_weights(
        self,
        facts: Sequence[GradientFacts],
        losses: TaskLosses,
        balancer: GramianBalancer,
    ) -> GradientAnswer:
        rows = self._sum_rows(facts)

        def find_products() -> Tensor:
            if self.at_parameters:
                return find_gramian(rows)
            products = [p for p in (f.products for f in facts) if p is not None]
            return self._sum(products)

        weights = self.weigh(losses, balancer, find_products)
        if rows:
            found = [torch.tensordot(weights, part, 1) for part in rows]
            return GradientAnswer(of_parameters=found)
        return GradientAnswer(weights=weights)

    def _sum_rows(self, facts: Sequence[GradientFacts]) -> list[Tensor]:
        by_tensor = zip(*(of_part.rows for of_part in facts), strict=True)
        return [self._sum(of_parts) for of_parts in by_tensor]

    def _combine_at_cut(
        self, facts: Sequence[GradientFacts], losses: TaskLosses
    ) -> list[Tensor]:
        """Return the combined gradients of all parts, for every tensor."""
        by_tensor = [
            [rows.flatten(1) for rows in of_parts]
            for of_parts in zip(*(of_part.rows for of_part in facts), strict=True)
        ]
        gathered = [
            self.processes.gather(torch.cat(of_parts, 1).T) for of_parts in by_tensor
        ]
        found = self._combine([columns.T for columns, _ in gathered], losses)
        joined = []
        for i, (of_parts, (_, start)) in enumerate(
            zip(by_tensor, gathered, strict=True)
        ):
            sizes = [rows.shape[1] for rows in of_parts]
            pieces = found[i][start : start + sum(sizes)].split(sizes)
            shaped = [
                piece.view(of_part.rows[i].shape[1:])
                for piece, of_part in zip(pieces, facts, strict=True)
            ]
            axis = find_row_axis(shaped[0].shape, facts[0].n_rows) or 0
            joined.append(torch.cat(shaped, axis))
        return joined

    def _go_back(self, look: GradientLook, answer: GradientAnswer, k: int) -> Found:
        self._add_penalty(look)
        if answer.weights is not None and look.gradients is not None:
            torch.autograd.backward(look.ends, look.gradients.weighted(answer.weights))
        elif answer.at_cut is not None:
            own = [
                _narrow(found, end, look)
                for found, end in zip(answer.at_cut, look.ends, strict=True)
            ]
            torch.autograd.backward(look.ends, own)
        elif answer.of_parameters is not None and k == 0:
            self._add_gradients(answer.of_parameters)
        weights = look.part.batch[1][1]
        objective = self.criterion.combine(look.cells, weights, look.parts.n_rows)
        if self._own:
            objective.backward(inputs=self._own)
        return {
            "loss": objective.detach(),
            "y_pred": look.outputs.detach(),
            "losses": look.cells.detach(),
        }

    def _add_penalty(self, look: GradientLook) -> None:
        penalty = self.module.trunk.penalty()
        if penalty is None:
            return
        (penalty * look.part.share.fraction).backward(retain_graph=True)
        for end, tensor in zip(look.ends, look.cut, strict=True):
            if tensor.grad is not None:
                end.backward(tensor.grad, retain_graph=True)

    def _add_gradients(self, found: Sequence[Tensor]) -> None:
        """Give the parameters gradients of the whole batch, which will be summed."""
        n = self.processes.n
        for parameter, gradient in zip(self._shared, found, strict=True):
            own, gradient = parameter.grad, gradient / n if n > 1 else gradient
            parameter.grad = gradient if own is None else own + gradient

    def _show_losses(self, losses: TaskLosses) -> None:
        if self.balancer.uses_losses:
            self.balancer.observe_losses(losses.means.cpu().numpy(), losses.tasks)

    def _combine(self, rows: Sequence[Tensor], losses: TaskLosses) -> list[Tensor]:
        """Return the combination of gradients that are given tensor by tensor."""
        J = torch.cat([part.reshape(len(part), -1) for part in rows], dim=1)
        self.record.add_gramian(losses.tasks, (J @ J.T).cpu().double().numpy())
        found = self.balancer.combine(J, losses.tasks) * losses.total
        pieces = found.split([part[0].numel() for part in rows])
        return [
            piece.view(part.shape[1:]) for piece, part in zip(pieces, rows, strict=True)
        ]

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


def _narrow(found: Tensor, end: Tensor, look: GradientLook) -> Tensor:
    """Return the rows that a part has of a tensor for all rows of the process."""
    if found.shape == end.shape:
        return found
    n_rows = len(look.cells)
    axis = find_row_axis(end.shape, n_rows) or 0
    start = (look.part.share.start - look.parts.start) * end.shape[axis] // n_rows
    return found.narrow(axis, start, end.shape[axis])
