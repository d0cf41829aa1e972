"""Pickles of arrays, read without running what else they may hold."""

import pickle
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sklearn_mtl.datasets._archives import damaged

# What makes an array, under the names that numpy had and has.
_ALLOWED = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
}


class _ArrayUnpickler(pickle.Unpickler):
    """It makes numbers, text, lists, dicts and arrays, and refuses anything else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):
            return _encode
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _encode(text: str, encoding: str) -> bytes:
    """Make bytes as Python 3 pickles them for Python 2."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"text in the encoding {encoding!r}")
    return text.encode(encoding)


def read_arrays_from_pickle(
    path: Path, names: Sequence[str], owner: str
) -> dict[str, np.ndarray]:
    """Return values of a pickled dict, whose keys may be bytes, as arrays."""
    try:
        with path.open("rb") as file:
            values = _ArrayUnpickler(file, encoding="bytes").load()
        values = {_as_text(name): value for name, value in values.items()}
        return {name: np.asarray(values[name]) for name in names}
    except KeyError as error:
        raise damaged(path, owner, f"{error} is missing") from error
    except (
        pickle.UnpicklingError,
        AttributeError,
        EOFError,
        IndexError,
        MemoryError,
        OverflowError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        raise damaged(path, owner, error) from error


def _as_text(name: Any) -> str:
    return name.decode("latin1") if isinstance(name, bytes) else str(name)
