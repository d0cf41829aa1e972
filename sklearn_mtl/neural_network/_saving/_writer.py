"""Values as plain data for a card, their numbers as tensors."""

import datetime as dt
import math
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from sklearn.frozen import FrozenEstimator
from torch import Tensor

from sklearn_mtl.neural_network._saving._arrays import (
    are_many_strings,
    is_numeric,
    pack_strings,
    to_tensor,
)
from sklearn_mtl.neural_network._saving._refusal import unsavable
from sklearn_mtl.neural_network._saving._registry import (
    classes,
    estimators,
    name_in,
    parts,
)


class Writer:
    """Turns values into plain data; what is not known raises an error with its name.

    What is no number, string or list becomes a dict of one key, which says how to read
    it. Types must match exactly: a subclass may do anything.

    Parameters
    ----------
    owner : str
        Whose values they are.
    describe : callable
        Returns what is said of a fitted estimator, given it and a name.
    """

    def __init__(self, owner: str, describe: Callable[[Any, str], Any]):
        self.owner = owner
        self.tensors: dict[str, Tensor] = {}
        self._describe = describe

    def store(self, name: str, tensor: Tensor) -> str:
        """Add a tensor to those of the file, and return its name there."""
        unique, k = name, 1
        while unique in self.tensors:
            unique, k = f"{name}#{k}", k + 1
        self.tensors[unique] = tensor
        return unique

    def write(self, value: Any, name: str) -> Any:
        """Return plain data for a value; `name` says what it is."""
        if isinstance(value, PurePath):
            value = str(value)
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if kind in (list, tuple):
            items = [self.write(one, f"{name}.{k}") for k, one in enumerate(value)]
            return items if kind is list else {"tuple": items}
        if kind is dict:
            pairs = value.items()
            return {
                "dict": [[self.write(k, name), self.write(v, name)] for k, v in pairs]
            }
        if kind is dt.date:
            return {"date": value.isoformat()}
        if kind is dt.datetime and value.tzinfo is None:
            return {"datetime": value.isoformat()}
        return self._write_numbers(value, name)

    def _write_numbers(self, value: Any, name: str) -> Any:
        kind = type(value)
        if kind is np.str_:
            return {"numpy_str": str(value)}
        if isinstance(value, np.generic) and is_numeric(value.dtype):
            return {"scalar": self.write_array(np.asarray(value), name)}
        if kind is np.ndarray:
            return self.write_array(value, name)
        if kind is Tensor:
            return {"tensor": self.store(name, value)}
        if kind is np.random.RandomState:
            _, key, position, has_gauss, gauss = value.get_state(legacy=True)
            state = [np.asarray(key), int(position), int(has_gauss), float(gauss)]
            return {"random_state": self.write(state, name)}
        return self._write_object(value, name)

    def write_array(self, array: np.ndarray, name: str) -> Any:
        """Return plain data for an array."""
        if is_numeric(array.dtype):
            dtype, tensor = to_tensor(array)
            return {"array": [self.store(name, tensor), dtype]}
        if array.dtype.kind not in "UO":
            raise unsavable(name, self.owner, array)
        values, shape = array.ravel().tolist(), list(array.shape)
        if are_many_strings(values):
            joined, ends = pack_strings(values)
            items: Any = {"packed": [self.store(name, joined), self.store(name, ends)]}
        else:
            items = [self.write(one, name) for one in values]
        if array.dtype.kind == "O":
            return {"objects": [items, shape]}
        return {"text": [items, shape, array.dtype.newbyteorder("<").str]}

    def _write_object(self, value: Any, name: str) -> Any:
        kind = type(value)
        if isinstance(value, type):
            known = name_in(classes(), value)
            if known is not None:
                return {"class": known}
        elif kind is FrozenEstimator:
            return {"frozen": self.write(value.estimator, name)}
        elif name_in(estimators(), kind) is not None and hasattr(value, "net_"):
            return {"estimator": self._describe(value, name)}
        elif (known := name_in(parts(), kind)) is not None:
            params = value.get_params(deep=False)
            return {"object": [known, self.write_all(params, name)]}
        raise unsavable(name, self.owner, value)

    def write_all(self, values: dict[str, Any], name: str) -> dict[str, Any]:
        """Return plain data for each of several named values."""
        return {k: self.write(value, f"{name}.{k}") for k, value in values.items()}


def seed_of(generator: torch.Generator) -> int:
    """Return a seed that depends on all that was drawn from a generator."""
    state = generator.get_state().numpy()
    return int(np.random.SeedSequence(state.view(np.uint32)).generate_state(1)[0])
