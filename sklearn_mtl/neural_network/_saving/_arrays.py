"""Arrays of every dtype as tensors and plain data, and back."""

import math
import re
from typing import Any

import numpy as np
import torch

from sklearn_mtl.neural_network._saving._refusal import refuse

# Numbers, and times with their unit.
_NUMERIC = re.compile(r"[|<](b1|[iu][1248]|f[248]|[mM]8(\[\d{0,9}[a-zA-Z]{1,2}\])?)")
_TEXT = re.compile(r"<U(\d{1,9})")

# safetensors and older torch know no wider unsigned integers, and no times.
_STORED_AS = {"u2": np.int16, "u4": np.int32, "u8": np.int64, "m8": np.int64}

# So many strings, or characters with their padding, are made at most.
_FEW_STRINGS = 1000
_MOST_CHARACTERS = 2**26


def is_numeric(dtype: np.dtype) -> bool:
    """Return whether arrays of a dtype can be stored as tensors."""
    return _NUMERIC.fullmatch(dtype.newbyteorder("<").str) is not None


def to_tensor(array: np.ndarray) -> tuple[str, torch.Tensor]:
    """Return the dtype of an array of numbers or times, and a tensor of its bits."""
    array = np.array(array, dtype=array.dtype.newbyteorder("<"), order="C")
    stored = _stored_as(array.dtype.str)
    return array.dtype.str, torch.from_numpy(array.view(stored) if stored else array)


def from_tensor(dtype: Any, tensor: torch.Tensor) -> np.ndarray:
    """Return the array of a dtype that was stored as a tensor."""
    if not isinstance(dtype, str) or not _NUMERIC.fullmatch(dtype):
        raise refuse(f"a card with an array of dtype {dtype!r}")
    wanted, array = np.dtype(dtype), tensor.numpy()
    if array.dtype != (_stored_as(dtype) or wanted):
        raise refuse(f"a tensor of {tensor.dtype} for an array of dtype {dtype!r}")
    return array.view(wanted)


def _stored_as(dtype: str) -> Any:
    return _STORED_AS.get(dtype[1:3].lower())


def pack_strings(strings: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the bytes of many strings, and where each ends."""
    parts = [text.encode("utf-8", "surrogatepass") for text in strings]
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    joined = np.frombuffer(b"".join(parts), dtype=np.uint8)
    return torch.from_numpy(joined.copy()), torch.from_numpy(ends)


def unpack_strings(joined: torch.Tensor, ends: torch.Tensor) -> list[str]:
    """Return the strings of their bytes."""
    if joined.dtype != torch.uint8 or ends.dtype != torch.int64:
        raise refuse("strings that are stored as other numbers")
    text, stops = joined.numpy().tobytes(), ends.tolist()
    starts = [0, *stops[:-1]]
    if any(a > b for a, b in zip(starts, stops, strict=True)):
        raise refuse("strings that end before they start")
    parts = [text[a:b] for a, b in zip(starts, stops, strict=True)]
    return [part.decode("utf-8", "surrogatepass") for part in parts]


def are_many_strings(values: list[Any]) -> bool:
    """Return whether these are better stored as bytes than in a card."""
    return len(values) > _FEW_STRINGS and all(type(v) is str for v in values)


def make_text(strings: list[str], dtype: Any, shape: Any) -> np.ndarray:
    """Return an array of strings of some width."""
    found = _TEXT.fullmatch(dtype) if isinstance(dtype, str) else None
    if found is None or int(found[1]) * len(strings) > _MOST_CHARACTERS:
        raise refuse(f"a card with an array of dtype {dtype!r}")
    if not all(type(text) is str for text in strings):
        raise refuse("a card with an array of strings that has others")
    return np.array(strings, dtype=dtype).reshape(_check_shape(shape, len(strings)))


def make_objects(values: list[Any], shape: Any) -> np.ndarray:
    """Return an array of objects."""
    array = np.empty(len(values), dtype=object)
    for k, value in enumerate(values):
        array[k] = value
    return array.reshape(_check_shape(shape, len(values)))


def _check_shape(shape: Any, n: int) -> tuple[int, ...]:
    if (
        not isinstance(shape, list)
        or not all(type(size) is int and 0 <= size < 2**31 for size in shape)
        or math.prod(shape) != n
    ):
        raise refuse(f"a card with {n} values for an array of shape {shape!r}")
    return tuple(shape)
