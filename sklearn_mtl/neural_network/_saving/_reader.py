"""Plain data of a card as values again: of known types, and of nothing else."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from torch import Tensor

from sklearn_mtl.neural_network._saving._arrays import (
    from_tensor,
    make_objects,
    make_text,
    unpack_strings,
)
from sklearn_mtl.neural_network._saving._refusal import refuse
from sklearn_mtl.neural_network._saving._registry import classes, parts
from sklearn_mtl.neural_network._saving._tensors import NamedTensors

_FLOATS = ("nan", "inf", "-inf")

# The state of the generator of random numbers that NumPy has had all along.
_STATE_WORDS = 624


class Reader:
    """Turns the plain data of a card into values.

    Parameters
    ----------
    tensors : NamedTensors
        The numbers.
    rebuild : callable
        Returns the fitted estimator for what is said of it.
    """

    def __init__(self, tensors: NamedTensors, rebuild: Callable[[Any], Any]):
        self.tensors = tensors
        self._rebuild = rebuild
        self._readers: dict[str, Callable[[Any], Any]] = {
            "array": self._read_array,
            "class": self._read_class,
            "date": dt.date.fromisoformat,
            "datetime": dt.datetime.fromisoformat,
            "dict": lambda pairs: {self.read(k): self.read(v) for k, v in pairs},
            "estimator": self._rebuild,
            "float": self._read_float,
            "frozen": lambda one: FrozenEstimator(self.read(one)),
            "numpy_str": lambda text: np.str_(check(text, str)),
            "object": self._read_object,
            "objects": lambda found: make_objects(self._read_items(found[0]), found[1]),
            "random_state": self._read_random_state,
            "scalar": lambda found: self._read_array(found["array"])[()],
            "tensor": lambda name: self.tensors.take(check(name, str)),
            "text": lambda found: make_text(
                self._read_items(found[0]), found[2], found[1]
            ),
            "tuple": lambda items: tuple(self.read(one) for one in check(items, list)),
        }

    def read(self, data: Any) -> Any:
        """Return the value of plain data."""
        if isinstance(data, list):
            return [self.read(one) for one in data]
        if not isinstance(data, dict):
            return data
        if len(data) != 1:
            raise refuse(f"a card with a value of the keys {sorted(data)[:5]}")
        ((kind, content),) = data.items()
        if kind not in self._readers:
            raise refuse(f"a card with a value of the unknown kind {kind!r}")
        return self._readers[kind](content)

    def read_all(self, data: Any) -> dict[str, Any]:
        """Return each of several named values."""
        return {name: self.read(value) for name, value in check(data, dict).items()}

    def read_part(self, data: Any, kind: type) -> Any:
        """Return a value that is to be of some type, or None."""
        value = self.read(data)
        return None if value is None else check(value, kind)

    def _read_array(self, found: Any) -> np.ndarray:
        name, dtype = found
        return from_tensor(dtype, self.tensors.take(name))

    def _read_items(self, items: Any) -> list[Any]:
        if isinstance(items, dict):
            joined, ends = (self.tensors.take(name, 1) for name in items["packed"])
            return unpack_strings(joined, ends)
        return [self.read(one) for one in check(items, list)]

    def _read_float(self, text: Any) -> float:
        if text not in _FLOATS:
            raise refuse(f"a card with the number {text!r}")
        return np.nan if text == "nan" else float(text)

    def _read_class(self, name: Any) -> type:
        if name not in classes():
            raise refuse(f"a card with the class {name!r}, which is not known")
        return classes()[name]

    def _read_object(self, found: Any) -> BaseEstimator:
        name, params = found
        if name not in parts():
            raise refuse(f"a card with the class {name!r}, which is not known")
        return make(parts()[name], self.read_all(params))

    def _read_random_state(self, found: Any) -> np.random.RandomState:
        key, position, has_gauss, gauss = self.read(found)
        is_known = (
            isinstance(key, np.ndarray)
            and (key.dtype, key.shape) == (np.uint32, (_STATE_WORDS,))
            and type(position) is int
            and 0 <= position <= _STATE_WORDS
            and has_gauss in (0, 1)
            and isinstance(gauss, float)
        )
        if not is_known:
            raise refuse("a card with a generator of random numbers that is none")
        rng = np.random.RandomState(0)
        rng.set_state(("MT19937", key, position, has_gauss, gauss))
        return rng


def make(cls: type[BaseEstimator], params: dict[str, Any]) -> BaseEstimator:
    """Return an object with parameters, all of which it knows."""
    unknown = sorted(set(params) - set(cls._get_param_names()))
    if unknown:
        raise refuse(f"a {cls.__name__} with the parameter {unknown[0]!r}")
    return cls(**params)


def check(value: Any, kind: type) -> Any:
    """Return a value that is to be of some type."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        got = f"{type(value).__name__} where {kind.__name__} is to be"
        raise refuse(f"a card with {got}")
    return value


def check_tensor(value: Any, like: Tensor) -> Tensor:
    """Return a tensor that is to be of some shape."""
    if not isinstance(value, Tensor) or value.shape != like.shape:
        raise refuse(f"a card with no tensor of shape {tuple(like.shape)}")
    return value.to(like.dtype)
