"""What a batch of training goes through before the network sees it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from sklearn_mtl._validation import did_you_mean, list_some, parameter_error
from sklearn_mtl.neural_network._global_generator import lent_global_generator
from sklearn_mtl.neural_network._input_rows import InputBatch
from sklearn_mtl.neural_network._portions import Batch
from sklearn_mtl.neural_network.augmentations import Mixup
from sklearn_mtl.neural_network.augmentations._base import Augmentation

Change = Callable[[Tensor, torch.Generator], Tensor]
Step = Callable[[Batch, torch.Generator], Batch]


class Augmenter:
    """The steps of augmentation, in their order.

    Parameters
    ----------
    augment : callable, dict, Mixup or list of these
        What the estimator was given: functions of a batch of inputs, functions by name
        of the input, or `Mixup`.
    names : sequence of str or None
        The inputs of X; None if it is one table.
    owner : str
        Who was given it.
    """

    def __init__(self, augment: Any, names: Sequence[str] | None, owner: str):
        self._owner = owner
        self._names = names
        given = augment if isinstance(augment, (list, tuple)) else [augment]
        self._steps: list[Step] = [self._make_step(one) for one in given]

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Return the batch to train on instead."""
        for step in self._steps:
            batch = step(batch, generator)
        return batch

    def _make_step(self, given: Any) -> Step:
        if isinstance(given, Mixup):
            given._validate_params()
            return partial(_mix, given)
        names, owner = self._names, self._owner
        if isinstance(given, Mapping):
            if names is None:
                expected = "a function or a list of them for X that is one table"
                raise parameter_error("augment", owner, expected, "a dict")
            for name in given:
                if name not in names:
                    expected = f"keyed by the inputs of X ({list_some(names)})"
                    got = f"{name!r}{did_you_mean(name, names)}"
                    raise parameter_error("augment", owner, expected, got)
            return partial(
                _change_inputs, {k: self._make_change(v) for k, v in given.items()}
            )
        change = self._make_change(given)
        if names is None:
            return partial(_change, change)
        if len(names) == 1:
            return partial(_change_inputs, {names[0]: change})
        expected = f"a dict by the inputs of X ({list_some(names)})"
        raise parameter_error("augment", owner, expected, repr(given))

    def _make_change(self, given: Any) -> Change:
        if isinstance(given, (list, tuple)):
            changes = [self._make_change(one) for one in given]
            return partial(_in_turn, changes)
        if isinstance(given, (Mixup, type)) or not callable(given):
            expected = (
                "functions that map a batch of inputs to another, a dict of such by "
                "input, Mixup, or a list of these"
            )
            raise parameter_error("augment", self._owner, expected, repr(given))
        if isinstance(given, Augmentation):
            given._validate_params()
            return given
        return partial(_call_users, given, self._owner)


def select_inputs(augment: Any, names: Sequence[str]) -> Any:
    """Return what is to be done to some of the inputs."""
    if isinstance(augment, (list, tuple)):
        return [select_inputs(one, names) for one in augment]
    if isinstance(augment, Mapping):
        return {name: augment[name] for name in augment if name in names}
    return augment


def _in_turn(
    changes: Sequence[Change], X: Tensor, generator: torch.Generator
) -> Tensor:
    for change in changes:
        X = change(X, generator)
    return X


def _change(change: Change, batch: Batch, generator: torch.Generator) -> Batch:
    X, labels = batch
    return change(X, generator), labels


def mixes_rows(augment: Any) -> bool:
    """Return whether an augmentation mixes rows with each other."""
    given = augment if isinstance(augment, (list, tuple)) else [augment]
    return any(isinstance(one, Mixup) for one in given)


def _change_inputs(
    changes: Mapping[str, Change], batch: Batch, generator: torch.Generator
) -> Batch:
    X, labels = batch
    tables = {
        name: changes[name](table, generator) if name in changes else table
        for name, table in X.tables.items()
    }
    return X.with_tables(tables), labels


def _mix(mixup: Mixup, batch: Batch, generator: torch.Generator) -> Batch:
    X, (targets, weights) = batch
    if isinstance(X, InputBatch):
        partner, share = mixup.pair(X.kinds(), generator)
        X = X.with_tables(
            {
                name: _mix_table(mixup, table, X.places[name], partner, share)
                for name, table in X.tables.items()
            }
        )
    else:
        partner, share = mixup.pair(_one_group(X), generator)
        mixed = mixup.mix(X, partner, share)
        # What one of the two misses is not mixed.
        X = torch.where(mixed.isnan(), X, mixed)
    labels = mixup.mix_labels(targets, weights, partner, share, generator)
    return X, labels


def _one_group(X: Tensor) -> Tensor:
    """Return one group for all rows of a table."""
    return torch.zeros(len(X), dtype=torch.int64, device=X.device)


def _mix_table(
    mixup: Mixup,
    table: Tensor,
    places: Tensor | None,
    partner: Tensor,
    share: Tensor,
) -> Tensor:
    """Mix the rows of an input, whose partners all have it too."""
    if places is not None:
        in_table = torch.full_like(partner, -1)
        in_table[places] = torch.arange(len(places), device=places.device)
        partner, share = in_table[partner[places]], share[places]
    n = len(partner)
    # What is there to fill up stays.
    return torch.cat([mixup.mix(table[:n], partner, share), table[n:]])


def _call_users(
    function: Callable[..., Any], owner: str, X: Tensor, generator: torch.Generator
) -> Tensor:
    """Call a function of the user, which may take a generator too."""
    if _takes_generator(function):
        found = function(X, generator)
    else:
        seed = int(
            torch.randint(2**62, (), generator=generator, device=generator.device)
        )
        with lent_global_generator(seed, str(X.device)):
            found = function(X)
    if not isinstance(found, Tensor) or found.shape != X.shape:
        shape = tuple(X.shape)
        expected = f"such that each of its functions returns a tensor of shape {shape}"
        got = (
            f"one of shape {tuple(found.shape)}"
            if isinstance(found, Tensor)
            else type(found).__name__
        )
        raise parameter_error("augment", owner, expected, got)
    return found.to(X.dtype)


def _takes_generator(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return False
    positional = [
        p
        for p in parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        and p.default is p.empty
    ]
    return len(positional) == 2
