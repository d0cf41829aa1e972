"""Nested values as JSON and tensors by name, and back: no pickle.

What JSON has no word for is a dict with one key, which says what it is. So dicts are
lists of pairs, whose keys may be of any kind.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

_PLAIN = (bool, int, float, str, type(None))
_NUMBERS = "biufc"


class UnstorableError(TypeError):
    """A value is of a kind that a checkpoint cannot hold.

    `parameter` is whose it is, where that is known.
    """

    parameter: str | None = None

    def __init__(self, path: str, value: Any):
        name = path.removeprefix(".") or "it"
        super().__init__(f"{name} is a {type(value).__name__}")


def flatten(value: Any, path: str = "") -> tuple[Any, dict[str, Tensor]]:
    """Return a value as what JSON can say, and the tensors in it by their path.

    Raises
    ------
    UnstorableError
        If something in it is neither a number, text, an array, a tensor, the state of a
        generator, nor a list, a tuple or a dict of these.
    """
    tensors: dict[str, Tensor] = {}
    return _flatten(value, path, tensors), tensors


def _flatten(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Tensor) and value.layout == torch.strided:
        return _flatten_tensor(value.detach(), path, tensors)
    if isinstance(value, np.ndarray) and value.dtype.kind in _NUMBERS:
        tensors[path] = _as_tensor(value, path)
        return {"array": path}
    if isinstance(value, np.generic) and value.dtype.kind in _NUMBERS:
        tensors[path] = _as_tensor(np.asarray(value), path)
        return {"number": path}

    def each(values: Any) -> list[Any]:
        return [_flatten(v, f"{path}.{k}", tensors) for k, v in enumerate(values)]

    if type(value) is list:
        return each(value)
    if isinstance(value, (tuple, torch.Size)):
        return {"tuple": each(value)}
    if isinstance(value, Mapping):
        pairs = [
            [_flatten(k, f"{path}.{i}", tensors), _flatten(v, f"{path}.{k}", tensors)]
            for i, (k, v) in enumerate(value.items())
        ]
        return {"dict": pairs}
    if isinstance(value, np.random.RandomState):
        legacy = value.get_state(legacy=False)
        return {"random_state": _flatten(legacy, path, tensors)}
    if isinstance(value, np.random.Generator):
        state = value.bit_generator.state
        return {"numpy_generator": _flatten(state, path, tensors)}
    if isinstance(value, torch.Generator) and value.device.type == "cpu":
        tensors[path] = value.get_state()
        return {"torch_generator": path}
    raise UnstorableError(path, value)


def _flatten_tensor(value: Tensor, path: str, tensors: dict[str, Tensor]) -> Any:
    order = sorted(range(value.ndim), key=value.stride, reverse=True)
    if value.is_contiguous() or not value.permute(order).is_contiguous():
        tensors[path] = value
        return {"tensor": path}
    # Fused optimizers rely on the order in memory, such as that of channels last.
    tensors[path] = value.permute(order)
    return {"permuted": [path, order]}


def _as_tensor(array: np.ndarray, path: str) -> Tensor:
    try:
        return torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder("=")))
    except TypeError:
        raise UnstorableError(f"{path}, of {array.dtype},", array) from None


def unflatten(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """Return what was flattened."""
    if isinstance(value, list):
        return [unflatten(each, tensors) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    return _READERS[kind](content, tensors)


Tensors = Mapping[str, Tensor]


def _read_dict(content: Any, tensors: Tensors) -> dict[Any, Any]:
    return {unflatten(k, tensors): unflatten(v, tensors) for k, v in content}


def _read_permuted(content: Any, tensors: Tensors) -> Tensor:
    path, order = content
    return tensors[path].permute(np.argsort(order).tolist())


def _read_random_state(content: Any, tensors: Tensors) -> np.random.RandomState:
    rng = np.random.RandomState()
    rng.set_state(unflatten(content, tensors))
    return rng


def _read_numpy_generator(content: Any, tensors: Tensors) -> np.random.Generator:
    state = unflatten(content, tensors)
    kinds = {kind.__name__: kind for kind in np.random.BitGenerator.__subclasses__()}
    bits = kinds[state["bit_generator"]]()
    bits.state = state
    return np.random.Generator(bits)


def _read_torch_generator(content: Any, tensors: Tensors) -> torch.Generator:
    generator = torch.Generator()
    generator.set_state(tensors[content])
    return generator


_READERS: dict[str, Callable[[Any, Tensors], Any]] = {
    "tensor": lambda path, tensors: tensors[path],
    "permuted": _read_permuted,
    "array": lambda path, tensors: tensors[path].numpy(),
    "number": lambda path, tensors: tensors[path].numpy()[()],
    "tuple": lambda content, tensors: tuple(unflatten(content, tensors)),
    "dict": _read_dict,
    "random_state": _read_random_state,
    "numpy_generator": _read_numpy_generator,
    "torch_generator": _read_torch_generator,
}
