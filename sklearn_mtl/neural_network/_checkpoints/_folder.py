"""The checkpoints of one fit in a folder, which other fits may share."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sklearn_mtl._atomic_file import find_left_over
from sklearn_mtl.neural_network._checkpoints._file import (
    SUFFIX,
    BadCheckpointError,
    Checkpoint,
    read,
    read_fingerprint,
    write,
)
from sklearn_mtl.neural_network._checkpoints._fingerprint import shorten


class Folder:
    """Keeps the last checkpoints of the fit that a fingerprint stands for.

    Their names are its hash and the number of epochs.

    Parameters
    ----------
    path : Path
        The folder, which is there.
    fingerprint : dict of str to str
        What the checkpoints belong to.
    """

    def __init__(self, path: Path, fingerprint: dict[str, str]):
        self.path = path
        self.fingerprint = fingerprint
        self._prefix = f"{shorten(fingerprint)}-"

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, and remove all before it but one.

        Raises
        ------
        OSError
            If the folder or the disk takes no more.
        UnstorableError
            If something in the state cannot be stored.
        """
        written = self._name(checkpoint.epoch)
        write(written, checkpoint)
        # The one before is there for when this one turns out to be damaged.
        before = [path for path in self._own() if path < written]
        for path in before[1:]:
            _remove(path)

    def find_newest(self) -> tuple[Checkpoint | None, list[str]]:
        """Return the newest checkpoint, and what was wrong with later ones."""
        problems = []
        for path in self._own():
            try:
                found = read(path)
                if found.fingerprint != self.fingerprint:
                    raise BadCheckpointError("it is of another fit")
            except BadCheckpointError as error:
                problems.append(f"{path.name}: {error}")
            else:
                return found, problems
        return None, problems

    def forget_after(self, epoch: int) -> None:
        """Remove the checkpoints of this fit after an epoch, and what was left over."""
        for path in self._own():
            if path > self._name(epoch):
                _remove(path)
        for path in find_left_over(self.path, self._prefix):
            _remove(path)

    def find_others(self) -> Iterator[dict[str, str]]:
        """Yield what the checkpoints of other fits belong to, the last ones first."""
        others = [
            path
            for path in self.path.glob(f"*{SUFFIX}")
            if not path.name.startswith(self._prefix)
        ]
        for path in sorted(others, key=_when_written, reverse=True):
            with suppress(BadCheckpointError):
                yield read_fingerprint(path)

    def _own(self) -> list[Path]:
        """Return the files of this fit, the newest first."""
        return sorted(self.path.glob(f"{self._prefix}*{SUFFIX}"), reverse=True)

    def _name(self, epoch: int) -> Path:
        return self.path / f"{self._prefix}{epoch:08d}{SUFFIX}"


def _remove(path: Path) -> None:
    # Another process may have been quicker.
    with suppress(OSError):
        path.unlink()


def _when_written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
