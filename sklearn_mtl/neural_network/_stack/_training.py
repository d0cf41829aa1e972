"""Train networks together until each has stopped by itself."""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._modules import seed_dropout
from sklearn_mtl.neural_network._stack._early_stopping import StackedEarlyStopping
from sklearn_mtl.neural_network._stack._member import Member, Outcome
from sklearn_mtl.neural_network._stack._network import StackedNetwork
from sklearn_mtl.neural_network._stack._objectives import make_objective
from sklearn_mtl.neural_network._stack._optimizer import StackedOptimizer, settings_of
from sklearn_mtl.neural_network._stack._streams import Feed
from sklearn_mtl.neural_network._threads import one_thread_if_small

_NOT_FINITE = (
    "The training loss became NaN or infinite in epoch {}. A lower 'lr', or inputs on "
    "a smaller scale, may help."
)
_TOO_MANY = (
    "The device has too little memory to train {} networks at once; fewer are, with "
    "the same result."
)


def train_together(
    members: Sequence[Member], encode_now: bool
) -> Iterator[tuple[int, Outcome]]:
    """Train members of one signature, and yield each as it has finished.

    Each has the batches, the dropout, the early stopping and, up to rounding, the
    weights that it would have if its net were trained alone. Where a device has too
    little memory for all of them, half as many are trained at once.

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
    waiting, has_warned = [list(range(len(members)))], False
    while waiting:
        group = waiting.pop()
        left = dict(enumerate(group))
        try:
            for m, outcome in _train_at_once([members[k] for k in group], encode_now):
                yield left.pop(m), outcome
        except torch.OutOfMemoryError:
            if len(group) == 1:
                raise
        # The error is gone by now, and with it all that it held.
        if left:
            rest = list(left.values())
            torch.cuda.empty_cache()
            if not has_warned:
                warnings.warn(_TOO_MANY.format(len(group)), stacklevel=2)
            has_warned = True
            half = (len(rest) + 1) // 2
            waiting += [part for part in (rest[half:], rest[:half]) if part]


def _train_at_once(
    members: Sequence[Member], encode_now: bool
) -> Iterator[tuple[int, Outcome]]:
    order = _sort_by_settings(members)
    stack = _Stack([members[m] for m in order], encode_now)
    net = members[0].run.net
    seed_dropout(net.module_, stack.feed.streams[0].drop_generator)
    try:
        with one_thread_if_small(stack.network.n_numbers, net.batch_size):
            while stack.n_members:
                for m, outcome in stack.run_epoch():
                    yield order[m], outcome
    finally:
        seed_dropout(net.module_, None)


def _sort_by_settings(members: Sequence[Member]) -> list[int]:
    """Return an order in which members with equal settings are neighbours."""
    return sorted(range(len(members)), key=lambda m: settings_of(members[m]))


class _Stack:
    """The members that are still in training."""

    def __init__(self, members: Sequence[Member], encode_now: bool):
        net = members[0].run.net
        self.module = net.module_
        self.feed = Feed([member.run for member in members], encode_now)
        self.network = StackedNetwork(
            [stream.run.net.module_ for stream in self.feed.streams],
            torch.as_tensor(self.feed.of_members, device=net.device),
            net.criterion_.layout,
        )
        self.objective = make_objective(members)
        self.optimizer = StackedOptimizer(self.network.trained, members)
        self.stopping = StackedEarlyStopping(members)
        self.stops_early = members[0].run.valid is not None
        self.kept = [p.detach().clone() for p in self.network.parameters]
        self.max_epochs = np.array([member.max_epochs for member in members])
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
        network = self.network
        total = torch.zeros_like(self.objective.shares[:, 0])
        trained = network.trained
        self.optimizer.begin_epoch()
        for step, batch in enumerate(self.feed.training()):
            for parameter in trained:
                parameter.grad = None
            total += self.objective.backward(network, batch)
            self.optimizer.step(step, trained)
            self.objective.observe_step(network, batch)
        self.optimizer.end_epoch()
        self.objective.end_epoch()
        return total.isfinite().cpu().numpy()

    def _validate(self) -> np.ndarray:
        """Return the validation loss of each member and task, as in the layout."""
        self.module.eval()
        sums = torch.zeros_like(self.objective.shares)
        weights = torch.zeros_like(sums)
        with torch.no_grad():
            for batch in self.feed.validation():
                sums += (self.network.losses(batch) * batch.weights).sum(1)
                weights += batch.weights.sum(1)
        return (sums / weights).cpu().numpy()

    def _keep_better(self, better: np.ndarray) -> None:
        rows = self._as_rows(np.flatnonzero(better))
        with torch.no_grad():
            for kept, parameter in zip(self.kept, self.network.parameters, strict=True):
                kept.index_copy_(0, rows, parameter.index_select(0, rows))

    def _outcome(self, m: int, broken: bool) -> Outcome:
        if broken:
            return Outcome(error=_NOT_FINITE.format(self.epoch))
        tensors = self.kept if self.stops_early else self.network.parameters
        best = int(self.stopping.best_epochs[m]) if self.stops_early else self.epoch
        return Outcome(self.network.copy_of(m, tensors), best)

    def _go_on(self, kept: np.ndarray) -> None:
        """Drop the members that have finished."""
        rows = self._as_rows(kept)
        self.network.keep(rows)
        self.kept = [tensor[rows] for tensor in self.kept]
        self.optimizer.keep(rows, self.network.trained)
        self.objective.keep(rows)
        self.stopping.keep(kept)
        self.feed.keep(kept)
        self.max_epochs, self.numbers = self.max_epochs[kept], self.numbers[kept]

    def _as_rows(self, members: np.ndarray) -> Tensor:
        return torch.as_tensor(members, device=self.kept[0].device)
