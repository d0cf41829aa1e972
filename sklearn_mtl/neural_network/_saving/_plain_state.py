"""A fitted network as plain data, for pickle and for those who store without it.

skops asks to trust every class of what it stores. Of plain data it asks for that of the
estimator alone.
"""

from typing import Any

import torch
from torch import Tensor

from sklearn_mtl.neural_network._checkpoints._state import restore_net, state_of_net
from sklearn_mtl.neural_network._checkpoints._tree import (
    UnstorableError,
    flatten,
    unflatten,
)
from sklearn_mtl.neural_network._saving._describe import describe
from sklearn_mtl.neural_network._saving._reader import Reader
from sklearn_mtl.neural_network._saving._rebuild import rebuild
from sklearn_mtl.neural_network._saving._tensors import NamedTensors
from sklearn_mtl.neural_network._saving._writer import Writer

_MARK = "fitted network of sklearn_mtl"


def pack(estimator: Any) -> dict[str, Any] | None:
    """Return all of a fitted estimator as dicts, lists, numbers, text and arrays.

    None if it has something else, such as a function or an encoder of the user.
    """
    writer = Writer(
        type(estimator).__name__,
        lambda other, name: describe(other, writer, f"{name}."),
    )
    try:
        said = describe(estimator, writer)
        state, of_training = flatten(state_of_net(estimator.net_))
    except (UnstorableError, ValueError):
        return None
    return {
        _MARK: said,
        "names": list(vars(estimator)),
        "tensors": _to_arrays(writer.tensors),
        "training": state,
        "training_tensors": _to_arrays(of_training),
    }


def is_packed(state: dict[str, Any]) -> bool:
    """Return whether it is what `pack` returns."""
    return _MARK in state


def unpack(state: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of the estimator that was packed, in their order."""
    tensors = NamedTensors(_to_tensors(state["tensors"]))
    reader = Reader(tensors, lambda said: rebuild(said, reader))
    estimator = rebuild(state[_MARK], reader)
    of_training = _to_tensors(state["training_tensors"])
    restore_net(estimator.net_, unflatten(state["training"], of_training))
    found = vars(estimator)
    return {name: found[name] for name in state["names"] if name in found} | found


def _to_arrays(tensors: dict[str, Tensor]) -> dict[str, Any]:
    # Copies, since tensors may share memory or be views.
    return {k: t.detach().cpu().numpy().copy() for k, t in tensors.items()}


def _to_tensors(arrays: dict[str, Any]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
