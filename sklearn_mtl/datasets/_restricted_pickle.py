"""Pickles of arrays, read without running anything that they may hold.

numpy itself would make arrays of what a damaged pickle holds, and may crash. Here, what
is read are numbers, text and bytes, and the arrays are made after checks.
"""

import io
import pickle
import pickletools
import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sklearn_mtl.datasets._archives import damaged

# The dtypes of arrays of numbers.
_NUMBERS = re.compile(r"[<>=|][biuf]\d")

# What a damaged pickle raises.
_DAMAGE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    TypeError,
    ValueError,
    struct.error,
)


def read_arrays_from_pickle(
    path: Path, names: Sequence[str], owner: str
) -> dict[str, np.ndarray]:
    """Return values of a pickled dict, whose keys may be bytes, as arrays."""
    content = path.read_bytes()
    try:
        _check_sizes(content)
        values = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
        values = {_as_text(name): value for name, value in values.items()}
        return {name: _as_array(values[name]) for name in names}
    except _DAMAGE as error:
        reason = f"{type(error).__name__}: {error}"
        raise damaged(path, owner, reason) from error


def _check_sizes(content: bytes) -> None:
    """Raise if a wrong number would make the unpickler ask for all the memory."""
    for operation, argument, _ in pickletools.genops(content):
        if operation.name in {"PUT", "LONG_BINPUT"}:
            number = int(argument or 0)
            if number > len(content):
                raise pickle.UnpicklingError(f"object {number} of a short file")


class _DType:
    """Stands for a dtype."""

    def __init__(self, name: Any, *ignored: Any) -> None:
        self.name = _as_text(name)
        self.byte_order = "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.byte_order = _as_text(state[1])

    def to_numpy(self) -> np.dtype:
        name = self.byte_order + self.name
        if not _NUMBERS.fullmatch(name):
            raise pickle.UnpicklingError(f"an array of {name!r}")
        return np.dtype(name)


class _Array:
    """Stands for an array."""

    shape: tuple[int, ...]
    dtype: _DType
    by_columns: bool
    content: bytes | bytearray

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.dtype, self.by_columns, self.content = state

    def to_numpy(self) -> np.ndarray:
        if not isinstance(self.content, (bytes, bytearray)):
            raise pickle.UnpicklingError("an array that is not made of bytes")
        values = np.frombuffer(self.content, self.dtype.to_numpy())
        return values.reshape(self.shape, order="F" if self.by_columns else "C")


def _reconstruct(*ignored: Any) -> _Array:
    return _Array()


def _from_buffer(
    content: bytes | bytearray, dtype: _DType, shape: Any, order: Any, *ignored: Any
) -> _Array:
    array = _Array()
    array.__setstate__((1, shape, dtype, _as_text(order) == "F", content))
    return array


def _encode(text: str, encoding: str) -> bytes:
    """Make bytes as Python 3 pickles them for Python 2."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"text in the encoding {encoding!r}")
    return text.encode(encoding)


# What makes an array, under the names that numpy had and has.
_STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("_codecs", "encode"): _encode,
    ("numpy", "dtype"): _DType,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
}


class _ArrayUnpickler(pickle.Unpickler):
    """It makes numbers, text, lists, dicts and stand-ins, and refuses anything else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _STAND_INS:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")
        return _STAND_INS[module, name]


def _as_text(name: Any) -> str:
    return name.decode("latin1") if isinstance(name, bytes) else str(name)


def _as_array(value: Any) -> np.ndarray:
    return value.to_numpy() if isinstance(value, _Array) else np.asarray(value)
