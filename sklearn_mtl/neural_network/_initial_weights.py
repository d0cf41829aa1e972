"""First weights of a network that another one has learnt."""

import copy
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn.frozen import FrozenEstimator
from torch import Tensor, nn

from sklearn_mtl._validation import did_you_mean, list_some, parameter_error
from sklearn_mtl.neural_network._input_encoder import InputEncoder, OneInputEncoder
from sklearn_mtl.neural_network._input_scaler import ChannelScaler
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._table_encoder import TableEncoder
from sklearn_mtl.neural_network._unlike_networks import Tensors, explain_difference

_EXPECTED = (
    "a fitted network estimator, one in sklearn.frozen.FrozenEstimator where it is to "
    "be cloned, or a dict from names of tensors to tensors, such as "
    "module_.state_dict()"
)

# Tensors that say where the columns of a table are.
_PLACES = ("numeric", "categorical")


class _UnlikeError(Exception):
    """What was expected of the tensors of a source, and what they are."""


def thaw(source: Any) -> Any:
    """Return what is frozen, or what is given if it is not."""
    return source.estimator if isinstance(source, FrozenEstimator) else source


def take_over_table(encoder: TableEncoder, source: Any) -> TableEncoder:
    """Return a copy of that of the source if it is one for such columns, or else this.

    Where a source has learnt its edges, and which columns have gaps, counts, too.
    """
    learnt = getattr(getattr(thaw(source), "module_", None), "encoder", None)
    if not isinstance(learnt, TableEncoder) or not learnt.is_like(encoder):
        return encoder
    return copy.deepcopy(learnt)


def load_initial_weights(module: Network, source: Any, owner: str) -> None:
    """Start the encoder and the shared layers from the weights of a source.

    Heads and layers of single tasks are not taken over.
    """
    source = thaw(source)
    learnt = getattr(source, "module_", None)
    given: Tensors = {}
    try:
        if isinstance(learnt, Network):
            given = learnt.state_dict()
            _load_network(module, learnt, owner)
        elif isinstance(source, Mapping):
            given = _read_tensors(source)
            _load_tensors(module, given)
        else:
            is_estimator = hasattr(source, "fit")
            got = f"{type(source).__name__}{' that is not fitted' * is_estimator}"
            raise _UnlikeError(_EXPECTED, got)
    except _UnlikeError as error:
        # What made the tensors differ says more than their shapes.
        difference = explain_difference(module.state_dict(), given)
        raise parameter_error(
            "encoder_init", owner, *(difference or error.args)
        ) from None


def _load_network(module: Network, learnt: Network, owner: str) -> None:
    """Take over each encoder, by the name of its input, and the shared layers.

    Where the shared layers have other shapes, as an encoder alone is to be taken over,
    they start anew, with a warning.
    """
    targets, sources = _find_parts(module), _find_parts(learnt)
    if len(targets) == len(sources) == 1:
        # What the input is called does not matter.
        sources = dict(zip(targets, sources.values(), strict=True))
    common = [name for name in targets if name in sources]
    if not common:
        expected = f"one with the {list_some(targets)}"
        got = f"one with the {list_some(sources)}"
        raise _UnlikeError(expected, got)
    for name in common:
        given, own = _name_tensors(sources[name]), _name_tensors(targets[name])
        _check_shapes(given, own, f"the {name}")
        _copy(given, own)
    given, own = (_find_shared_layers(network) for network in (learnt, module))
    is_learnt = any(
        next(sources[name].parameters(), None) is not None for name in common
    )
    if not is_learnt:
        _check_shapes(given, own, "the shared layers")
    if {k: v.shape for k, v in given.items()} == {k: v.shape for k, v in own.items()}:
        _copy(given, own)
    elif given:
        warnings.warn(
            f"{owner} takes over the encoder only, since the shared layers of "
            "encoder_init have other shapes.",
            stacklevel=8,
        )


def _find_parts(network: Network) -> dict[str, nn.Module]:
    """Return the encoders of a network, by what they are for."""
    encoder = network.encoder
    if isinstance(encoder, OneInputEncoder):
        return {f"encoder of {encoder.names[0]!r}": encoder.encoder}
    if not isinstance(encoder, InputEncoder):
        return {"encoder": encoder}
    encoders = {f"encoder of {n!r}": encoder.encoder_of(n) for n in encoder.names}
    projections = {
        f"projection of {n!r}": encoder.projection_of(n) for n in encoder.names
    }
    return {**encoders, **projections}


def _name_tensors(part: nn.Module) -> dict[str, Tensor]:
    """Return the tensors of an encoder, whether or not it standardises first."""
    if isinstance(part, nn.Sequential) and isinstance(part[0], ChannelScaler):
        scaler = {f"scaler.{name}": t for name, t in part[0].state_dict().items()}
        return {**scaler, **part[1].state_dict()}
    return part.state_dict()


def _find_shared_layers(network: Network) -> dict[str, Tensor]:
    state = network.trunk.state_dict()
    return {k: v for k, v in state.items() if not _is_own(k)}


def _check_shapes(given: Tensors, own: Tensors, part: str) -> None:
    """Raise unless what both have is of the same shape, and there is something."""
    common = [name for name in own if name in given]
    if own and given and not common:
        expected = f"one with some of the tensors {list_some(own, 5)} in {part}"
        raise _UnlikeError(expected, list_some(given, 5))
    for name in common:
        if given[name].shape != own[name].shape:
            shape = tuple(own[name].shape)
            expected = f"one in which {name!r} of {part} has shape {shape}"
            raise _UnlikeError(expected, f"shape {tuple(given[name].shape)}")
        if name.rpartition(".")[2] in _PLACES and not torch.equal(
            given[name].cpu(), own[name].cpu()
        ):
            expected = f"one in which {name!r} of {part} is {own[name].tolist()}"
            raise _UnlikeError(expected, f"{given[name].tolist()}")


def _copy(given: Tensors, own: Tensors) -> None:
    with torch.no_grad():
        for name in own.keys() & given.keys():
            own[name].copy_(given[name])


def _read_tensors(source: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return tensors by their names in a network, of which an encoder is a part."""
    given = {str(name): _as_tensor(value) for name, value in source.items()}
    if any(name.startswith(("encoder.", "trunk.", "heads.")) for name in given):
        return given
    return {f"encoder.{name}": tensor for name, tensor in given.items()}


def _load_tensors(module: Network, given: Tensors) -> None:
    """Take over tensors of a network that are not of single tasks."""
    own = {name: t for name, t in module.state_dict().items() if _is_shared(name)}
    given = {name: tensor for name, tensor in given.items() if _is_shared(name)}
    if not given:
        expected = f"{_EXPECTED}, with some of the tensors {list_some(own, 5)}"
        raise _UnlikeError(expected, "one with none")
    for name in given:
        if name not in own:
            expected = f"a dict with names of the network ({list_some(own, 5)})"
            raise _UnlikeError(expected, f"{name!r}{did_you_mean(name, own)}")
    _check_shapes(given, own, "the network")
    _copy(given, own)


def _is_shared(name: str) -> bool:
    return name.startswith(("encoder.", "trunk.")) and not _is_own(name)


def _is_own(name: str) -> bool:
    """Return whether a tensor belongs to the layers that each task has for itself."""
    return "task_layers" in name.split(".")


def _as_tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise _UnlikeError(_EXPECTED, f"{value!r} in a dict")
    return torch.as_tensor(array)
