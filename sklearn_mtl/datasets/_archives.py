"""Reading files that may be damaged: a clear error, and nothing half-done."""

import errno
import gzip
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

# What the standard library raises for a file that is cut off or overwritten.
DAMAGE = (
    EOFError,
    MemoryError,
    OverflowError,
    gzip.BadGzipFile,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)

# The lengths of the axes; those of the same letter are equal, whatever they are.
Shape = tuple[int | str, ...]

_BLOCK = 1 << 20


def damaged(path: Path, owner: str, reason: object) -> OSError:
    """Return the error for a file that is not what it should be."""
    return OSError(
        f"{owner} cannot use {path}, which is damaged or not what its name says "
        f"({reason}). Remove it, or put a good copy in its place."
    )


def read_arrays(
    path: Path, shapes: Mapping[str, Shape], owner: str
) -> dict[str, np.ndarray]:
    """Read arrays of numbers from a .npz file, and check their shapes."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in shapes}
    except KeyError as error:
        raise damaged(path, owner, error.args[0]) from error
    except (*DAMAGE, AttributeError, RuntimeError, TypeError, ValueError) as error:
        raise damaged(path, owner, error) from error
    except OSError as error:
        # A zip file may send to places that no file has.
        if error.errno != errno.EINVAL:
            raise
        raise damaged(path, owner, error) from error
    check_arrays(arrays, shapes, path, owner)
    return arrays


def check_arrays(
    arrays: Mapping[str, np.ndarray],
    shapes: Mapping[str, Shape],
    path: Path,
    owner: str,
) -> None:
    """Raise unless the arrays hold numbers and have these shapes."""
    lengths: dict[str, int] = {}
    for name, shape in shapes.items():
        array = np.asarray(arrays[name])
        matches = array.ndim == len(shape) and array.dtype.kind in "biuf"
        for wanted, length in zip(shape, array.shape, strict=False):
            if isinstance(wanted, str):
                wanted = lengths.setdefault(wanted, length)
            matches = matches and wanted == length
        if not matches:
            expected = ", ".join(str(lengths.get(str(n), n)) for n in shape)
            reason = (
                f"array {name!r} should hold numbers in the shape ({expected}), and "
                f"has {array.dtype} in the shape {array.shape}"
            )
            raise damaged(path, owner, reason)


def check_bytes(array: np.ndarray, name: str, path: Path, owner: str) -> None:
    """Raise unless an array holds bytes, as images and the like do."""
    if array.dtype != np.uint8:
        raise damaged(path, owner, f"array {name!r} holds {array.dtype}, not bytes")


def check_labels(
    labels: np.ndarray, n_classes: int, name: str, path: Path, owner: str
) -> None:
    """Raise unless all labels of a task are among 0 to n_classes - 1."""
    valid = (labels >= 0) & (labels < n_classes) & (labels == np.floor(labels))
    if not valid.all():
        row = int(np.argmin(valid))
        reason = (
            f"label {labels[row]} of row {row} is no class of task {name!r}, "
            f"0 to {n_classes - 1}"
        )
        raise damaged(path, owner, reason)


def read_gzip(path: Path, owner: str) -> bytes:
    """Return what is in a .gz file, or in a file that has been unpacked already."""
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        with gzip.open(path) as file:
            return file.read()
    except DAMAGE as error:
        raise damaged(path, owner, error) from error


def unpack(
    archive: Path, root: str, folder: Path, owner: str, *, needed: Sequence[str] = ()
) -> None:
    """Unpack the folder `root` of a .tar.gz file as `folder`, whole or not at all.

    What is `needed` must be in the folder.
    """
    with TemporaryDirectory(dir=folder.parent, prefix="unpacking-") as temporary:
        try:
            _extract(archive, Path(temporary, "all"))
        except DAMAGE as error:
            raise damaged(archive, owner, error) from error
        unpacked = Path(temporary, "all", root)
        if not unpacked.is_dir():
            raise damaged(archive, owner, f"it has no folder {root}")
        for name in needed:
            if not (unpacked / name).exists():
                raise damaged(archive, owner, f"it has no {Path(root, name)}")
        try:
            unpacked.rename(folder)
        except OSError:
            # Another process may have been faster: its folder is whole, too.
            if not folder.is_dir():
                raise


def _extract(archive: Path, folder: Path) -> None:
    with gzip.open(archive) as stream:
        # The filter refuses members that would be written elsewhere.
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            tar.extractall(folder, filter="data")
        # Only at the end of the stream is its checksum verified.
        while stream.read(_BLOCK):
            pass
