"""What a balancer or a sampler has learnt."""

from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from torch import Tensor, nn

from sklearn_mtl.neural_network._saving._reader import Reader, check_tensor
from sklearn_mtl.neural_network._saving._refusal import refuse
from sklearn_mtl.neural_network._saving._writer import Writer


def describe_state(part: BaseEstimator | None, writer: Writer, name: str) -> Any:
    """Return what is to be said of a part and of what it has learnt."""
    if part is None:
        return None
    own = set(part._get_param_names())
    state = {k: v for k, v in vars(part).items() if k not in own}
    plain = {
        k: v.detach() if isinstance(v, nn.Parameter) else v for k, v in state.items()
    }
    return {"made": writer.write(part, name), "state": writer.write_all(plain, name)}


def read_state(said: Any, reader: Reader) -> tuple[Any, dict[str, Any]]:
    """Return a part as it was made, and what it has learnt."""
    return reader.read(said["made"]), reader.read_all(said["state"])


def restore_state(part: BaseEstimator, state: dict[str, Any]) -> None:
    """Let a part that was reset have learnt what it is said to have."""
    own = set(part._get_param_names())
    fresh = {k: v for k, v in vars(part).items() if k not in own}
    if set(fresh) != set(state):
        raise refuse(f"a card with another state of {type(part).__name__}")
    for name, value in state.items():
        setattr(part, name, _check_like(fresh[name], value, name))


def _check_like(fresh: Any, value: Any, name: str) -> Any:
    """Return a value, if it may have become of what there is at first."""
    if isinstance(fresh, nn.Parameter):
        with torch.no_grad():
            fresh.copy_(check_tensor(value, fresh))
        return fresh
    if isinstance(fresh, np.ndarray):
        is_like = isinstance(value, np.ndarray) and value.shape == fresh.shape
        is_like = is_like and value.dtype == fresh.dtype
    elif fresh is None:
        is_like = value is None or isinstance(value, np.ndarray | Tensor | tuple)
    else:
        is_like = type(value) is type(fresh)
    if not is_like:
        raise refuse(f"a card with another kind of {name!r}")
    return value
