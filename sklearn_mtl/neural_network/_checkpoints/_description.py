"""Parameters as text that is the same in every process."""

import functools
import hashlib
from collections.abc import Mapping
from numbers import Number
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sklearn_mtl.neural_network._checkpoints._file import update_with

# Longer texts are cut, and told apart by a hash.
_LONGEST = 80
_DEEPEST = 8


def describe(value: Any) -> str:
    """Return a short text; values that make for other fits have others."""
    text = _describe(value, 0)
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - 24]}... #{_hash(text.encode())}"


def describe_tensors(tensors: Mapping[str, Tensor]) -> str:
    """Return a hash of tensors and of their names."""
    found = hashlib.sha256()
    for name, tensor in tensors.items():
        update_with(found, name, tensor)
    return f"#{found.hexdigest()[:16]}"


def _describe(value: Any, depth: int) -> str:
    if depth == _DEEPEST:
        return "..."
    if value is None or isinstance(value, (str, bytes, Number, np.generic)):
        return repr(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, nn.Module):
        return f"{_name(type(value))}{describe_tensors(value.state_dict())}"
    if isinstance(value, Tensor):
        return f"tensor{tuple(value.shape)}{describe_tensors({'': value})}"
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return _describe_array(np.asarray(value), depth)

    def each(values: Any) -> str:
        return ", ".join(_describe(v, depth + 1) for v in values)

    if isinstance(value, Mapping):
        pairs = (f"{_describe(k, depth + 1)}: {each([v])}" for k, v in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{each(value)}]"
    if isinstance(value, (set, frozenset)):
        return f"{{{', '.join(sorted(_describe(v, depth + 1) for v in value))}}}"
    if isinstance(value, functools.partial):
        return f"partial({each([value.func, value.args, value.keywords])})"
    if hasattr(value, "__qualname__"):
        return _name(value)
    return f"{_name(type(value))}({_describe_attributes(value, depth)})"


def _describe_array(array: np.ndarray, depth: int) -> str:
    if array.dtype.kind == "O":
        content = _describe(array.tolist(), depth + 1).encode()
    else:
        content = np.ascontiguousarray(array).tobytes()
    return f"array{array.shape} of {array.dtype} #{_hash(content)}"


def _describe_attributes(value: Any, depth: int) -> str:
    """Return what an object was given; what ends in "_" it found out."""
    given = getattr(value, "__dict__", {})
    return ", ".join(
        f"{name}={_describe(given[name], depth + 1)}"
        for name in sorted(given)
        if not name.endswith("_")
    )


def _name(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def describe_rows(rows: Any, most: int) -> str:
    """Return a hash of rows, of so many at equal distances where there are more."""
    n = len(rows)
    index = torch.from_numpy(np.unique(np.linspace(0, n - 1, min(n, most)).astype(int)))
    found = hashlib.sha256()
    size = max(rows.how_many(len(index)), 1)
    for part in index.split(size):
        batch = rows.take(part)
        tables = {"": batch} if isinstance(batch, Tensor) else batch.tables
        places = {} if isinstance(batch, Tensor) else batch.places
        for name, table in tables.items():
            update_with(found, name, table)
        for name, of_table in places.items():
            if of_table is not None:
                update_with(found, name, of_table)
    return f"{n} #{found.hexdigest()[:16]}"
