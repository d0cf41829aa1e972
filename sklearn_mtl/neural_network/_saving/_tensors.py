"""The file of tensors: what is written to it, and what is read from it by name."""

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sklearn_mtl._validation import import_optional
from sklearn_mtl.neural_network._saving._refusal import refuse

# A dimension of an array without numbers says nothing; it is not to be huge.
_MOST_EMPTY = 2**16


def write_tensors(tensors: Mapping[str, Tensor], path: Path, owner: str) -> None:
    """Write tensors to a new file."""
    package = import_optional("safetensors.torch", "saving", owner)
    own = {name: _own(tensor) for name, tensor in tensors.items()}
    try:
        package.save_file(own, path)
    except import_optional("safetensors", "saving", owner).SafetensorError as error:
        # It wraps what the operating system says, such as a full disk.
        raise OSError(str(error)) from error


def _own(tensor: Tensor) -> Tensor:
    """Return the tensor on the CPU in memory that no other uses, row by row."""
    tensor = tensor.detach().cpu().contiguous()
    is_whole = tensor.untyped_storage().nbytes() == tensor.nbytes
    return tensor if is_whole else tensor.clone()


class NamedTensors:
    """Tensors by name, each of which is taken once.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        The tensors.
    """

    def __init__(self, tensors: Mapping[str, Tensor]):
        self._tensors = tensors
        self._look_at({name: tuple(tensor.shape) for name, tensor in tensors.items()})

    def _look_at(self, shapes: dict[str, tuple[int, ...]]) -> None:
        self.shapes = shapes
        self.n_numbers = sum(prod(shape) for shape in shapes.values())
        most = self.n_numbers + _MOST_EMPTY
        for name, shape in shapes.items():
            if any(size > most for size in shape):
                raise refuse(f"a tensor {name!r} of shape {shape}")
        self.left = set(shapes)

    def _get(self, name: str) -> Tensor:
        return self._tensors[name]

    def take(self, name: str, n_axes: int | None = None) -> Tensor:
        """Return a tensor in memory of its own."""
        if name not in self.left:
            raise refuse(f"a card that asks for the tensor {name!r}, which is not left")
        self.left.remove(name)
        tensor = self._get(name)
        if n_axes is not None and tensor.ndim != n_axes:
            raise refuse(f"a tensor {name!r} of shape {tuple(tensor.shape)}")
        return tensor.clone()

    def check_all_taken(self) -> None:
        """Raise if the file has tensors that the card does not speak of."""
        if self.left:
            raise refuse(f"a file with the tensor {min(self.left)!r} too many")


class SavedTensors(NamedTensors):
    """The tensors of a file, each read when it is taken.

    Parameters
    ----------
    path : Path
        The file.
    owner : str
        Who reads it.
    """

    def __init__(self, path: Path, owner: str):
        package = import_optional("safetensors", "saving", owner)
        try:
            self._file: Any = package.safe_open(path, framework="pt")
            names = self._file.keys()
            slices = {name: self._file.get_slice(name) for name in names}
        except package.SafetensorError as error:
            raise refuse(f"a file of tensors that is broken ({error})") from error
        self._look_at({name: tuple(one.get_shape()) for name, one in slices.items()})

    def _get(self, name: str) -> Tensor:
        return self._file.get_tensor(name)


def fill_like(like: Tensor, found: Tensor, name: str) -> Tensor:
    """Return what was found, laid out in memory as the tensor that it stands for.

    Convolutions round otherwise where channels come last.
    """
    if found.shape != like.shape or found.dtype != like.dtype:
        shape, wanted = tuple(found.shape), tuple(like.shape)
        got = f"a tensor {name!r} of {found.dtype} and shape {shape}, not {wanted}"
        raise refuse(got)
    if like.is_contiguous():
        return found
    filled = torch.empty_strided(like.shape, like.stride(), dtype=like.dtype)
    return filled.copy_(found)
