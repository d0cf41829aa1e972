"""The folder of a model: replaced as a whole or not at all, and read with suspicion."""

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network._saving._refusal import refuse

CARD, TENSORS = "card.json", "model.safetensors"

# A card has parameters and the names of classes; numbers are in the other file.
MAX_CARD_BYTES = 2**23

_BLOCK = 2**20


@contextmanager
def replacing_folder(path: Path, owner: str) -> Iterator[Path]:
    """Give an empty folder, which is put in the place of `path` once it is filled.

    Until then, and if anything fails, what is there stays. For a moment between two
    renames the old folder is beside its place; `find_folder` knows where.
    """
    _check_target(path, owner)
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() and _previous(path).exists():
            _previous(path).rename(path)
        new.mkdir()
        yield new
        for file in new.iterdir():
            _sync(file)
        _sync(new)
        _swap(new, path)
        _sync(path.parent)
    except OSError as error:
        raise _explain(error, path, owner) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def find_folder(path: Path) -> Path:
    """Return the folder of a model, also where replacing it was cut off."""
    is_cut_off = not path.exists() and _previous(path).is_dir()
    return _previous(path) if is_cut_off else path


def open_file(folder: Path, name: str) -> int:
    """Open a plain file of the folder: no link that leads out of it, and no pipe."""
    flags = os.O_RDONLY
    for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):
        flags |= getattr(os, flag, 0)
    if not folder.is_dir():
        raise refuse(f"{str(folder)!r}, which is no folder")
    path = folder / name
    try:
        if path.is_symlink():
            raise refuse(f"a folder whose {name} is a link to another place")
        file = os.open(path, flags)
    except FileNotFoundError:
        raise refuse(f"a folder without {name}") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise refuse(f"a folder whose {name} is a link to another place") from None
        raise
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise refuse(f"a folder whose {name} is no plain file")
    return file


def read_card_bytes(folder: Path) -> bytes:
    """Return the card, unless it is too large to be one."""
    with os.fdopen(open_file(folder, CARD), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_CARD_BYTES:
            raise refuse(f"a {CARD} of {size} bytes")
        return file.read(MAX_CARD_BYTES + 1)


def check_tensor_file(folder: Path, n_bytes: int, sha256: str) -> Path:
    """Return the path of the file of tensors, if it is the one of the card."""
    with os.fdopen(open_file(folder, TENSORS), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size != n_bytes:
            got = f"a {TENSORS} of {size} bytes, where its card says {n_bytes}"
            raise refuse(got)
        digest = hashlib.sha256()
        while block := file.read(_BLOCK):
            digest.update(block)
    if digest.hexdigest() != sha256:
        raise refuse(f"a {TENSORS} with another content than its card says")
    return folder / TENSORS


def measure(path: Path) -> tuple[int, str]:
    """Return how many bytes a file has, and their hash."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return path.stat().st_size, digest


def _check_target(path: Path, owner: str) -> None:
    """Raise if there is something else than a saved model."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        got = f"{str(path)!r}, which is a {'link' if path.is_symlink() else 'file'}"
    elif path.is_dir() and {file.name for file in path.iterdir()} - {CARD, TENSORS}:
        got = f"{str(path)!r}, which has other files"
    else:
        return
    expected = "a new folder, or one of a saved model to replace"
    raise parameter_error("path", owner, expected, got)


def _previous(path: Path) -> Path:
    return path.with_name(f".{path.name}.previous")


def _swap(new: Path, path: Path) -> None:
    """Put a folder in the place of another one, which is removed at last."""
    if not path.exists():
        new.rename(path)
        return
    previous = _previous(path)
    shutil.rmtree(previous, ignore_errors=True)
    path.rename(previous)
    try:
        new.rename(path)
    except OSError:
        previous.rename(path)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, written to the disk."""
    if path.is_dir() and not hasattr(os, "O_DIRECTORY"):
        return  # Windows opens no folders.
    file = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _explain(error: OSError, path: Path, owner: str) -> OSError:
    reason = error.strerror or str(error)
    text = f"{owner} could not write {str(path)!r}, and left what was there: {reason}."
    return type(error)(error.errno, text) if error.errno else OSError(text)
