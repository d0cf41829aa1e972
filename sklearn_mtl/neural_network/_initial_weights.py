"""First weights of a network that another one has learnt."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn.frozen import FrozenEstimator
from torch import Tensor

from sklearn_mtl._validation import did_you_mean, list_some, parameter_error
from sklearn_mtl.neural_network._network import Network

_EXPECTED = (
    "a fitted network estimator, one in sklearn.frozen.FrozenEstimator where it is to "
    "be cloned, or a dict from names of tensors to tensors, such as "
    "module_.state_dict()"
)


def load_initial_weights(module: Network, source: Any, owner: str) -> None:
    """Start the encoder and the shared layers from the weights of a source.

    What only the module has keeps its own first weights; what both have must be of the
    same shape. Heads and layers of single tasks are not taken over.
    """
    state = module.state_dict()
    shared = {name: tensor for name, tensor in state.items() if _is_shared(name)}
    given = _find_tensors(source, shared, owner)
    common = [name for name in given if name in shared]
    if not common:
        expected = f"{_EXPECTED}, with some of the tensors {list_some(shared, 5)}"
        got = f"one with {list_some(given, 5) or 'none'}"
        raise parameter_error("encoder_init", owner, expected, got)
    for name in common:
        if given[name].shape != shared[name].shape:
            expected = f"one whose {name!r} has shape {tuple(shared[name].shape)}"
            got = f"shape {tuple(given[name].shape)}"
            raise parameter_error("encoder_init", owner, expected, got)
    with torch.no_grad():
        for name in common:
            shared[name].copy_(given[name])


def _is_shared(name: str) -> bool:
    return name.startswith(("encoder.", "trunk.")) and not name.startswith(
        "trunk.task_layers."
    )


def _find_tensors(source: Any, shared: Mapping[str, Any], owner: str) -> dict[str, Any]:
    if isinstance(source, FrozenEstimator):
        source = source.estimator
    module = getattr(source, "module_", None)
    if isinstance(module, Network):
        state = module.state_dict()
        return {name: tensor for name, tensor in state.items() if _is_shared(name)}
    if not isinstance(source, Mapping):
        got = f"{type(source).__name__} that is not fitted"
        if not hasattr(source, "fit"):
            got = type(source).__name__
        raise parameter_error("encoder_init", owner, _EXPECTED, got)
    tensors = {str(name): _as_tensor(value) for name, value in source.items()}
    if not any(name.startswith(("encoder.", "trunk.", "heads.")) for name in tensors):
        # The tensors of an encoder alone.
        tensors = {f"encoder.{name}": value for name, value in tensors.items()}
    for name in tensors:
        if _is_shared(name) and name not in shared:
            expected = f"a dict with names of the network ({list_some(shared, 5)})"
            got = f"{name!r}{did_you_mean(name, shared)}"
            raise parameter_error("encoder_init", owner, expected, got)
    return {name: value for name, value in tensors.items() if _is_shared(name)}


def _as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else torch.as_tensor(np.asarray(value))
