"""What the members of a stack minimise, and the gradients of it."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from sklearn_mtl.neural_network._balancing import (
    GradientBalancing,
    LossBalancing,
    make_balancing,
)
from sklearn_mtl.neural_network._objective import TaskLosses
from sklearn_mtl.neural_network._stack._forward import MLPForward
from sklearn_mtl.neural_network._stack._member import Member
from sklearn_mtl.neural_network._stack._network import StackedNetwork
from sklearn_mtl.neural_network._stack._optimizer import like
from sklearn_mtl.neural_network._stack._streams import Batch
from sklearn_mtl.neural_network.balancers._base import GramianBalancer


def make_objective(members: Sequence[Member]) -> "Objective":
    """Return the objective of members that all have a balancer of one kind, or none."""
    balancings = [_make_balancing(member) for member in members]
    if isinstance(balancings[0], LossBalancing):
        return LossBalancedObjective(members, balancings)
    if isinstance(balancings[0], GradientBalancing):
        return GradientBalancedObjective(members, balancings)
    return Objective(members)


def _make_balancing(member: Member) -> LossBalancing | GradientBalancing | None:
    """Return the balancing of a member, with a balancer of its own."""
    net = member.run.net
    criterion = copy.deepcopy(net.criterion_)
    criterion.weigh(member.task_weights)
    found = make_balancing(net.module_, criterion, net.gradient_level)
    assert found is None or isinstance(found, (LossBalancing, GradientBalancing))
    return found


class Objective:
    """The weighted mean of the losses of the tasks, of each member."""

    def __init__(self, members: Sequence[Member]):
        self.shares = torch.stack(
            [
                member.run.net.criterion_.task_weights.new_tensor(member.shares)
                for member in members
            ]
        )

    def backward(self, network: StackedNetwork, batch: Batch) -> Tensor:
        """Leave the gradients in the parameters; return the objectives (M,)."""
        sums = (network.losses(batch) * batch.weights).sum(1)
        return self._backward(sums, batch, self.shares)

    def _backward(
        self,
        sums: Tensor,
        batch: Batch,
        shares: Tensor,
        inputs: Sequence[Tensor] | None = None,
    ) -> Tensor:
        objectives = (sums * shares).sum(1) / batch.sizes
        objectives.sum().backward(inputs=inputs)
        return objectives.detach()

    def observe_step(self, network: StackedNetwork, batch: Batch) -> None:
        """Look at the same batch after the step."""

    def end_epoch(self) -> None:
        """Take note that an epoch is over."""

    def keep(self, rows: Tensor) -> None:
        """Go on with some of the members."""
        self.shares = self.shares[rows]


class BalancedObjective(Objective):
    """An objective for which each member has a balancer of its own."""

    def __init__(self, members: Sequence[Member], balancings: Sequence):
        super().__init__(members)
        self.balancings = list(balancings)
        self._sums = torch.zeros_like(self.shares)
        self._seen = torch.zeros_like(self.shares)

    def end_epoch(self) -> None:
        """Tell the balancers the mean losses of the epoch."""
        losses = (self._sums / self._seen).cpu().numpy()
        for balancing, own in zip(self.balancings, losses, strict=True):
            positions = balancing.criterion.layout.positions
            balancing.balancer.end_epoch(own[positions])
        self._sums.zero_()
        self._seen.zero_()

    def keep(self, rows: Tensor) -> None:
        """Go on with some of the members."""
        super().keep(rows)
        self._sums, self._seen = self._sums[rows], self._seen[rows]
        self.balancings = [self.balancings[m] for m in rows.tolist()]

    def _read(self, sums: Tensor, batch: Batch) -> list[TaskLosses]:
        """Return the losses of the tasks of each member."""
        sums, seen = sums.detach(), batch.weights.sum(1)
        sizes = batch.sizes.tolist()
        return [
            balancing.criterion.of_sums(sums[m], seen[m], sizes[m])
            for m, balancing in enumerate(self.balancings)
        ]

    def _count(self, sums: Tensor, batch: Batch) -> None:
        self._sums += sums.detach()
        self._seen += batch.weights.sum(1)


class LossBalancedObjective(BalancedObjective):
    """A function of the losses, that of the balancer of each member."""

    balancings: list[LossBalancing]

    def __init__(self, members: Sequence[Member], balancings: Sequence):
        super().__init__(members, balancings)
        self._optimizers = [
            _make_optimizer(member, balancing)
            for member, balancing in zip(members, balancings, strict=True)
        ]

    def backward(self, network: StackedNetwork, batch: Batch) -> Tensor:
        """Leave the gradients in the parameters; return the objectives (M,)."""
        sums = (network.losses(batch) * batch.weights).sum(1)
        self._count(sums, batch)
        shares = torch.zeros_like(self.shares)
        for m, losses in enumerate(self._read(sums, batch)):
            optimizer = self._optimizers[m]
            if optimizer is not None:
                optimizer.zero_grad()
            shares[m, losses.positions] = self.balancings[m].weigh(losses)
            if optimizer is not None:
                optimizer.step()
        return self._backward(sums, batch, shares)

    def observe_step(self, network: StackedNetwork, batch: Batch) -> None:
        """Show the balancers what the step did to the losses, if they want to see."""
        if not self.balancings[0].balancer.looks_back:
            return
        with torch.no_grad():
            sums = (network.losses(batch) * batch.weights).sum(1)
        read = self._read(sums, batch)
        for balancing, losses in zip(self.balancings, read, strict=True):
            if len(losses.tasks):
                means = losses.means.cpu().numpy()
                balancing.balancer.observe_step(means, losses.tasks)

    def keep(self, rows: Tensor) -> None:
        """Go on with some of the members."""
        super().keep(rows)
        self._optimizers = [self._optimizers[m] for m in rows.tolist()]


def _make_optimizer(member: Member, balancing: LossBalancing) -> Optimizer | None:
    """Return what trains the parameters of the balancer, if it has any."""
    learnt = list(balancing.criterion.balancer_parameters.parameters())
    if not learnt:
        return None
    return like(
        member.run.net.optimizer_, learnt, lr=balancing.balancer.lr, weight_decay=0.0
    )


class GradientBalancedObjective(BalancedObjective):
    """What is shared follows balanced gradients, the heads those of the plain sum.

    The gradients are compared at the shared representation of an MLP.
    """

    balancings: list[GradientBalancing]

    def backward(self, network: StackedNetwork, batch: Batch) -> Tensor:
        """Leave the gradients in the parameters; return the objectives (M,)."""
        forward, parameters = network.forward, network.parameters
        assert isinstance(forward, MLPForward)
        shared = forward.represent(parameters, batch.X, batch.masks)
        outputs = forward.decode(parameters, network.buffers, shared.detach())
        sums = (network.losses_of(outputs, batch) * batch.weights).sum(1)
        self._count(sums, batch)
        estimates = (sums / batch.sizes.unsqueeze(1)).sum()
        (deltas,) = torch.autograd.grad(estimates, outputs, retain_graph=True)
        heads = parameters[-2:]
        coefficients = self._weigh(deltas, heads[0].detach(), sums, batch)
        shared.backward((deltas * coefficients.unsqueeze(1)) @ heads[0].detach().mT)
        objectives = self._backward(sums, batch, self.shares, inputs=heads)
        return torch.where(coefficients.isfinite().all(1), objectives, torch.nan)

    def _weigh(
        self, deltas: Tensor, heads: Tensor, sums: Tensor, batch: Batch
    ) -> Tensor:
        """Return how much the gradient of each output counts, (M, n_outputs)."""
        products = (deltas.mT @ deltas) * (heads.mT @ heads)
        widths = self._widths
        weights = torch.zeros_like(self.shares)
        for m, losses in enumerate(self._read(sums, batch)):
            if not len(losses.tasks):
                continue
            balancing = self.balancings[m]
            of_tasks = torch.zeros(len(losses.tasks), len(widths)).to(deltas)
            of_tasks[np.arange(len(losses.tasks)), losses.positions] = losses.scales
            scaled = of_tasks.repeat_interleave(widths, dim=1)
            gramian = scaled @ products[m] @ scaled.T
            if not gramian.isfinite().all():
                # It has diverged, and must not take the others with it.
                weights[m] = torch.nan
                continue
            found = balancing.weigh(losses, _gramian(balancing), gramian.clone)
            weights[m, losses.positions] = found * losses.scales
        return weights.repeat_interleave(widths, dim=1)

    @property
    def _widths(self) -> Tensor:
        return self.balancings[0].module.widths


def _gramian(balancing: GradientBalancing) -> GramianBalancer:
    balancer = balancing.balancer
    assert isinstance(balancer, GramianBalancer)
    return balancer
