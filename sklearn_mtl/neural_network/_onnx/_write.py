"""Files that are whole or not there."""

import os
from pathlib import Path
from uuid import uuid4

from sklearn_mtl._validation import parameter_error


def check_path(path: Path, owner: str) -> None:
    """Raise if there is no folder for the file, or one in its place."""
    if path.is_dir() or not path.parent.is_dir():
        expected = "the name of a file in a folder that exists"
        raise parameter_error("path", owner, expected, repr(str(path)))


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file, in place of the one that was there only once all is written."""
    new = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with new.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
