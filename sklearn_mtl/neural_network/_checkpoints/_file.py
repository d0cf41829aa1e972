"""One checkpoint as a file of tensors with a card: written at once, or not at all."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sklearn_mtl._atomic_file import replacing
from sklearn_mtl._validation import import_optional
from sklearn_mtl._version import __version__
from sklearn_mtl.neural_network._checkpoints._tree import flatten, unflatten

SUFFIX = ".safetensors"
_SCHEMA = 1


class BadCheckpointError(ValueError):
    """A file is no checkpoint that can be gone on from; the message says why."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a fit after some epochs.

    `fingerprint` says what it belongs to.
    """

    fingerprint: dict[str, str]
    epoch: int
    finished: bool
    state: dict[str, Any]


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; whatever happens, the path has a whole file or what it had.

    Raises
    ------
    OSError
        If the folder or the disk takes no more.
    UnstorableError
        If something in the state cannot be stored.
    """
    tree, found = flatten(checkpoint.state)
    # Copies, since tensors may share memory.
    tensors = {
        name: tensor.to("cpu", copy=True).contiguous() for name, tensor in found.items()
    }
    card = json.dumps(
        {
            "schema_version": _SCHEMA,
            "versions": {"sklearn_mtl": __version__, "torch": torch.__version__},
            "fingerprint": checkpoint.fingerprint,
            "epoch": checkpoint.epoch,
            "finished": checkpoint.finished,
            "state": tree,
        }
    )
    metadata = {"card": card, "sha256": _digest(card, tensors)}
    content = _safetensors().torch.save(tensors, metadata)
    with replacing(path) as new:
        new.write_bytes(content)


def read(path: Path) -> Checkpoint:
    """Return the checkpoint in a file.

    Raises
    ------
    BadCheckpointError
        If a bit of it is not what was written, or another version wrote it.
    """
    metadata, tensors = _open(path)
    text = metadata.get("card", "")
    # First the hash: nothing is made of what is not as it was written.
    if metadata.get("sha256") != _digest(text, tensors):
        raise BadCheckpointError("its content is not what was written")
    card = _parse(text)
    return Checkpoint(
        card["fingerprint"],
        card["epoch"],
        card["finished"],
        # Copies: a tensor in the midst of a file is at an odd address, and sums over
        # it may be rounded otherwise.
        unflatten(card["state"], {k: tensor.clone() for k, tensor in tensors.items()}),
    )


def read_fingerprint(path: Path) -> dict[str, str]:
    """Return what the checkpoint in a file says that it belongs to.

    Raises
    ------
    BadCheckpointError
        If it is none, or another version wrote it.
    """
    metadata, _ = _open(path, with_tensors=False)
    return _parse(metadata.get("card", ""))["fingerprint"]


def _open(
    path: Path, *, with_tensors: bool = True
) -> tuple[dict[str, str], dict[str, Tensor]]:
    safetensors = _safetensors()
    refusals = (OSError, ValueError, RuntimeError, safetensors.SafetensorError)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            names = file.keys() if with_tensors else []
            tensors = {name: file.get_tensor(name) for name in names}
            return file.metadata() or {}, tensors
    except refusals as error:
        raise BadCheckpointError(f"it cannot be read: {error}") from error


def _parse(card: str) -> dict[str, Any]:
    try:
        found = json.loads(card)
        version = found["schema_version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadCheckpointError("it has no card of a checkpoint") from None
    if version != _SCHEMA:
        raise BadCheckpointError(f"its schema has version {version!r}, not {_SCHEMA}")
    return found


def _digest(card: str, tensors: dict[str, Tensor]) -> str:
    found = hashlib.sha256(card.encode())
    for name in sorted(tensors):
        update_with(found, name, tensors[name])
    return found.hexdigest()


def update_with(digest: Any, name: str, tensor: Tensor) -> None:
    """Let a hash take in a tensor under a name."""
    tensor = tensor.detach().cpu().contiguous()
    digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
    flat = tensor.flatten()
    if flat.stride(0) != 1:
        # So it is for a single number that was expanded.
        flat = flat.clone(memory_format=torch.contiguous_format)
    digest.update(flat.view(torch.uint8).numpy())


def _safetensors() -> Any:
    import_optional("safetensors.torch", "saving", "The 'checkpoint_dir' parameter")
    return import_optional("safetensors", "saving", "The 'checkpoint_dir' parameter")
