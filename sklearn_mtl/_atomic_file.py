"""Files that are whole or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_ENDING = ".new"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Return a path to write to: that file takes the place of the other one.

    It does so once it is on disk. Where anything goes wrong, the other one stays.
    """
    new = path.with_name(f".{path.name}.{uuid4().hex}{_ENDING}")
    try:
        yield new
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
    _sync_folder(path.parent)


def find_left_over(folder: Path, prefix: str) -> Iterator[Path]:
    """Yield what a killed process has left of files whose names start like this."""
    yield from folder.glob(f".{prefix}*{_ENDING}")


def _sync_folder(folder: Path) -> None:
    """Let the new name outlast a power cut, where folders can be synced."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
