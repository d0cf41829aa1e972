"""What an object remembers in its attributes, and in those of objects in them."""

import types
from collections.abc import Collection
from typing import Any

import numpy as np
from torch import nn

from sklearn_mtl.neural_network._checkpoints._tree import UnstorableError, flatten

_REMEMBERS_NOTHING = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.ModuleType,
    type,
    np.ufunc,
)
# What every module of torch has: hooks, flags, and its parts by kind.
_OF_EVERY_MODULE = frozenset(vars(nn.Module()))
# Objects in objects in objects, of which one may hold the first.
_DEEPEST = 8


def remember(
    holder: Any, leave_out: Collection[str] = (), depth: int = 0
) -> dict[str, Any]:
    """Return the attributes of an object that a checkpoint can hold.

    Functions and classes remember nothing. Parameters of modules are left out.

    Raises
    ------
    UnstorableError
        If an attribute is none that a checkpoint can hold, and has no attributes.
    """
    holder = _owner_of(holder)
    values: dict[str, Any] = {}
    inside: dict[str, Any] = {}
    for name, value in _attributes(holder).items():
        if name in leave_out or name.startswith("__"):
            continue
        if isinstance(value, (*_REMEMBERS_NOTHING, nn.Parameter)):
            continue
        try:
            flatten(value, name)
            values[name] = value
        except UnstorableError:
            is_object = hasattr(value, "__dict__") and not isinstance(value, Collection)
            if not is_object or depth == _DEEPEST:
                raise
            inside[name] = remember(value, depth=depth + 1)
    return {"values": values, "inside": inside}


def recall(holder: Any, state: dict[str, Any]) -> None:
    """Give an object back what it remembered."""
    holder = _owner_of(holder)
    for name, value in state["values"].items():
        setattr(holder, name, value)
    for name, part in state["inside"].items():
        recall(getattr(holder, name), part)


def remember_if_storable(holder: Any) -> dict[str, Any]:
    """Return the attributes that end in "_" and that a checkpoint can hold."""
    found = {}
    for name, value in vars(holder).items():
        if not name.endswith("_") or name.startswith("_"):
            continue
        try:
            flatten(value, name)
        except UnstorableError:
            continue
        found[name] = value
    return {"values": found, "inside": {}}


def _owner_of(holder: Any) -> Any:
    """Return the object of a method, else what was given."""
    return holder.__self__ if isinstance(holder, types.MethodType) else holder


def _attributes(holder: Any) -> dict[str, Any]:
    if isinstance(holder, _REMEMBERS_NOTHING):
        return {}
    attributes = vars(holder) if hasattr(holder, "__dict__") else {}
    if isinstance(holder, nn.Module):
        own = {k: v for k, v in attributes.items() if k not in _OF_EVERY_MODULE}
        return {**own, **dict(holder.named_buffers(recurse=False)), **holder._modules}
    return attributes
