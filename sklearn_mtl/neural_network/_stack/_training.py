"""Train networks together until each has stopped by itself."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._modules import seed_dropout
from sklearn_mtl.neural_network._stack._early_stopping import StackedEarlyStopping
from sklearn_mtl.neural_network._stack._forward import (
    MLPForward,
    StackedForward,
    VmapForward,
    is_mlp,
)
from sklearn_mtl.neural_network._stack._member import Member, Outcome
from sklearn_mtl.neural_network._stack._optimizer import StackedOptimizer, settings_of
from sklearn_mtl.neural_network._stack._streams import Batch, Feed
from sklearn_mtl.neural_network._threads import one_thread_if_small

_NOT_FINITE = (
    "The training loss became NaN or infinite in epoch {}. A lower 'lr', or inputs on "
    "a smaller scale, may help."
)


def train_together(
    members: Sequence[Member], encode_now: bool
) -> Iterator[tuple[int, Outcome]]:
    """Train members of one signature, and yield each as it has finished.

    Each has the batches, the dropout, the early stopping and, up to rounding, the
    weights that it would have if its net were trained alone.

    Parameters
    ----------
    members : sequence of Member
        The networks, of runs with the same signature.
    encode_now : bool
        Whether there is memory for the encoded rows of every run.

    Yields
    ------
    position : int
        The position of a member that has finished.
    outcome : Outcome
        What it ended with.
    """
    order = _sort_by_settings(members)
    stack = _Stack([members[m] for m in order], encode_now)
    n_numbers = sum(p.numel() for p in stack.parameters)
    net = members[0].run.net
    seed_dropout(net.module_, torch.Generator(net.device).manual_seed(stack.seed))
    try:
        with one_thread_if_small(n_numbers, net.batch_size):
            while stack.n_members:
                for m, outcome in stack.run_epoch():
                    yield order[m], outcome
    finally:
        seed_dropout(net.module_, None)


def _sort_by_settings(members: Sequence[Member]) -> list[int]:
    """Return an order in which members with equal settings are neighbours."""
    return sorted(range(len(members)), key=lambda m: settings_of(members[m]))


class _Stack:
    """The members that are still in training, with their stacked parameters."""

    def __init__(self, members: Sequence[Member], encode_now: bool):
        net = members[0].run.net
        self.seed = net.generator.initial_seed()
        self.layout = net.criterion_.layout
        self.module = net.module_
        self.forward: StackedForward = (
            MLPForward(self.module) if is_mlp(self.module) else VmapForward(self.module)
        )
        self.feed = Feed([member.run for member in members], encode_now)
        modules = [stream.run.net.module_ for stream in self.feed.streams]
        of_members = torch.as_tensor(self.feed.of_members, device=net.device)
        self.parameters = [
            _pile(copies, of_members).requires_grad_(copies[0].requires_grad)
            for copies in zip(*(m.parameters() for m in modules), strict=True)
        ]
        self.kept = [parameter.detach().clone() for parameter in self.parameters]
        names = [name for name, _ in self.module.named_buffers()]
        copies = zip(*(m.buffers() for m in modules), strict=True)
        self.buffers = {
            name: _pile(of_streams, of_members)
            for name, of_streams in zip(names, copies, strict=True)
        }
        shares = np.array([member.shares for member in members])
        self.shares = self.parameters[-1].new_tensor(shares)
        self.max_epochs = np.array([member.max_epochs for member in members])
        self.stopping = StackedEarlyStopping(members)
        self.optimizer = StackedOptimizer(self._trained(), members)
        self.stops_early = members[0].run.valid is not None
        self.numbers = np.arange(len(members))
        self.epoch = 0

    @property
    def n_members(self) -> int:
        return len(self.numbers)

    def run_epoch(self) -> Iterator[tuple[int, Outcome]]:
        """Train for an epoch; yield who has finished, and go on with the others."""
        self.epoch += 1
        broken = ~self._train_epoch()
        finished = (self.epoch >= self.max_epochs) | broken
        if self.stops_early:
            finished |= self.stopping.update(self._validate(), self.epoch)
            self._keep_better(self.stopping.best_epochs == self.epoch)
        for m in np.flatnonzero(finished).tolist():
            yield int(self.numbers[m]), self._outcome(m, broken[m])
        if finished.any():
            self._go_on(np.flatnonzero(~finished))

    def _train_epoch(self) -> np.ndarray:
        """Return whose losses were finite."""
        self.module.train()
        total = torch.zeros(self.n_members, device=self.shares.device)
        trained = self._trained()
        for step, batch in enumerate(self.feed.training()):
            for parameter in trained:
                parameter.grad = None
            cells = self._losses(batch)
            shares = self.shares / batch.sizes.unsqueeze(1)
            objectives = (cells * (batch.weights * shares.unsqueeze(1))).sum((1, 2))
            objectives.sum().backward()
            total += objectives.detach()
            self.optimizer.step(step, trained)
        return total.isfinite().cpu().numpy()

    def _validate(self) -> np.ndarray:
        """Return the validation loss of each member and task, as in the layout."""
        self.module.eval()
        sums = torch.zeros_like(self.shares)
        weights = torch.zeros_like(self.shares)
        with torch.no_grad():
            for batch in self.feed.validation():
                sums += (self._losses(batch) * batch.weights).sum(1)
                weights += batch.weights.sum(1)
        return (sums / weights).cpu().numpy()

    def _losses(self, batch: Batch) -> Tensor:
        """Return the loss of every label, (M, n, n_tasks)."""
        outputs = self.forward(self.parameters, self.buffers, batch.X, batch.masks)
        targets = batch.targets
        cells = self.layout.losses(outputs.flatten(0, 1), targets.flatten(0, 1))
        return cells.view(targets.shape)

    def _keep_better(self, better: np.ndarray) -> None:
        rows = torch.as_tensor(np.flatnonzero(better), device=self.shares.device)
        with torch.no_grad():
            for kept, parameter in zip(self.kept, self.parameters, strict=True):
                kept.index_copy_(0, rows, parameter.index_select(0, rows))

    def _outcome(self, m: int, broken: bool) -> Outcome:
        if broken:
            return Outcome(error=_NOT_FINITE.format(self.epoch))
        tensors = self.kept if self.stops_early else self.parameters
        best = int(self.stopping.best_epochs[m]) if self.stops_early else self.epoch
        return Outcome([tensor.detach()[m].clone() for tensor in tensors], best)

    def _go_on(self, kept: np.ndarray) -> None:
        """Drop the members that have finished."""
        rows = torch.as_tensor(kept, device=self.shares.device)
        self.parameters = [
            p.detach()[rows].requires_grad_(p.requires_grad) for p in self.parameters
        ]
        self.kept = [tensor[rows] for tensor in self.kept]
        self.buffers = {name: b[rows] for name, b in self.buffers.items()}
        self.shares = self.shares[rows]
        self.max_epochs, self.numbers = self.max_epochs[kept], self.numbers[kept]
        self.optimizer.keep(rows, self._trained())
        self.stopping.keep(kept)
        self.feed.keep(kept)

    def _trained(self) -> list[Tensor]:
        return [p for p in self.parameters if p.requires_grad]


def _pile(copies: Sequence[Tensor], of_members: Tensor) -> Tensor:
    """Return the tensors of the members, one above the other."""
    return torch.stack([copy.detach() for copy in copies])[of_members]
