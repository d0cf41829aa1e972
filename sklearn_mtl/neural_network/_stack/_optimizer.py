"""One optimizer step for all members, each with its own rate and decay."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from sklearn_mtl.neural_network._schedule import Schedule
from sklearn_mtl.neural_network._stack._member import Member
from sklearn_mtl.neural_network._weight_average import WeightAverage


@dataclass
class _Group:
    """Neighbouring members with the same settings, and their optimizer."""

    start: int
    stop: int
    n_steps: int
    optimizer: Optimizer
    schedule: Schedule
    average: WeightAverage

    @property
    def parameters(self) -> list[nn.Parameter]:
        return self.optimizer.param_groups[0]["params"]

    def step(self, gradients: Sequence[Tensor | None]) -> None:
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = None
            if gradient is not None:
                parameter.grad = gradient[self.start : self.stop]
        self.schedule.set_rates()
        self.optimizer.step()
        self.average.update()


class StackedOptimizer:
    """Updates stacked parameters as each member's own optimizer would.

    Members with the same settings must be neighbours: one optimizer has views of all
    their parameters. Its state is elementwise, but for the number of steps.

    Parameters
    ----------
    parameters : list of Tensor of shape (M, ...)
        The stacked parameters to train.
    members : sequence of Member
        Whose they are.
        A member sits out the steps of an epoch beyond its last batch.
    """

    def __init__(self, parameters: Sequence[Tensor], members: Sequence[Member]):
        self.groups = [
            _make_group(members[start], parameters, start, stop)
            for start, stop in _find_bounds([settings_of(member) for member in members])
        ]

    def step(self, step: int, parameters: Sequence[Tensor]) -> None:
        """Take a step, the gradients of which the parameters have."""
        gradients = [p.grad for p in parameters]
        for group in self.groups:
            if step < group.n_steps:
                group.step(gradients)

    def begin_epoch(self) -> None:
        """Go on with the weights of the last step."""
        for group in self.groups:
            group.average.take_away()

    def end_epoch(self) -> None:
        """Let the weights be their averages, where there are any."""
        for group in self.groups:
            group.average.put_in_place()

    def keep(self, kept: Tensor, parameters: Sequence[Tensor]) -> None:
        """Go on with some members, of whom these are the parameters."""
        groups, start = [], 0
        for group in self.groups:
            own = kept[(kept >= group.start) & (kept < group.stop)] - group.start
            if not len(own):
                continue
            stop = start + len(own)
            optimizer = like(group.optimizer, _views(parameters, start, stop))
            for old, new in zip(
                group.parameters, optimizer.param_groups[0]["params"], strict=True
            ):
                optimizer.state[new] = {
                    name: _take(value, own, old.shape)
                    for name, value in group.optimizer.state[old].items()
                }
            schedule = group.schedule.move_to(optimizer)
            average = group.average.move_to(optimizer.param_groups[0]["params"], own)
            groups.append(
                _Group(start, stop, group.n_steps, optimizer, schedule, average)
            )
            start = stop
        self.groups = groups


def settings_of(member: Member) -> tuple[float, float, int, str, int]:
    """Return what neighbours in a group have in common."""
    return (
        member.lr,
        member.weight_decay,
        member.n_steps,
        member.lr_schedule,
        member.max_epochs,
    )


def _find_bounds(settings: Sequence[Any]) -> list[tuple[int, int]]:
    """Return the bounds of the runs of equal settings."""
    n = len(settings)
    bounds = [0, *(k for k in range(1, n) if settings[k] != settings[k - 1]), n]
    return list(pairwise(bounds))


def _make_group(
    member: Member, parameters: Sequence[Tensor], start: int, stop: int
) -> _Group:
    optimizer = like(
        member.run.net.optimizer_,
        _views(parameters, start, stop),
        lr=member.lr,
        weight_decay=member.weight_decay,
    )
    n_steps = member.n_steps
    schedule = Schedule(member.lr_schedule, member.max_epochs * n_steps, optimizer)
    is_averaged = member.run.net.average
    average = WeightAverage(optimizer.param_groups[0]["params"] if is_averaged else [])
    return _Group(start, stop, n_steps, optimizer, schedule, average)


def _views(parameters: Sequence[Tensor], start: int, stop: int) -> list[nn.Parameter]:
    """Return slices that share their memory with the parameters of the stack."""
    return [nn.Parameter(p.detach()[start:stop]) for p in parameters]


def like(
    optimizer: Optimizer, parameters: Sequence[nn.Parameter], **settings: float
) -> Optimizer:
    """Return an optimizer of other parameters, with other settings where given."""
    cls = type(optimizer)
    accepted = inspect.signature(cls).parameters
    known = {k: v for k, v in optimizer.param_groups[-1].items() if k in accepted}
    known.pop("params", None)
    return cls(parameters, **{**known, **settings})


def _take(value: Any, own: Tensor, shape: torch.Size) -> Any:
    if isinstance(value, Tensor) and value.shape == shape:
        return value.index_select(0, own)
    return value
