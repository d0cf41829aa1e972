"""Where the files of a data set are looked for, and how they are brought there."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sklearn.datasets import get_data_home

from sklearn_mtl._validation import import_optional
from sklearn_mtl.datasets._archives import unpack

VARIABLE = "SKLEARN_MTL_DATA"


@dataclass(frozen=True)
class RemoteFile:
    """A published file: its name, below the folder of the data, and its source.

    The checksum is written as pooch wants it, such as "md5:...".
    """

    name: str
    url: str
    checksum: str


@dataclass(frozen=True)
class RemoteArchive(RemoteFile):
    """A published .tar.gz file.

    What is in its folder `root` is unpacked as the first of `folders`; the others are
    names that it may have where someone else unpacked it.
    """

    root: str
    folders: tuple[str, ...]


@dataclass(frozen=True)
class DataFiles:
    """The files of one data set, for the function `owner`.

    They are looked for in the folder that the environment variable names, then below
    the data home. A prepared file, if there is one at all, goes before published ones.
    """

    owner: str
    prepared: str | None
    data_home: str | os.PathLike[str] | None
    download_if_missing: bool

    def find_prepared(self) -> Path | None:
        return None if self.prepared is None else self.find(self.prepared)

    def find(self, *names: str) -> Path | None:
        """Return the first of these files or folders that is there."""
        for folder in self._folders():
            for name in names:
                if (folder / name).exists():
                    return folder / name
        return None

    def obtain(self, file: RemoteFile, *other_names: str) -> Path:
        """Return where a published file is, downloaded if it was not there."""
        return self.find(file.name, *other_names) or self._download(file, file.name)

    def obtain_folder(self, archive: RemoteArchive) -> Path:
        """Return where an archive is unpacked, downloaded if it was not there."""
        folder = self.find(*archive.folders)
        if folder is not None:
            return folder
        folder = self._home() / archive.folders[0]
        path = self.find(archive.name)
        if path is not None:
            unpack(path, archive.root, folder, self.owner)
            return folder
        path = self._download(archive, archive.folders[0])
        try:
            unpack(path, archive.root, folder, self.owner)
        finally:
            path.unlink(missing_ok=True)
        return folder

    def _folders(self) -> Iterator[Path]:
        # One after the other: a data home is not made where none is needed.
        if os.environ.get(VARIABLE):
            yield Path(os.environ[VARIABLE]).expanduser()
        yield self._home()

    def _home(self) -> Path:
        return Path(get_data_home(self.data_home)).resolve() / "sklearn_mtl"

    def _download(self, file: RemoteFile, layout: str) -> Path:
        """Bring a file to the data home, whole or not at all."""
        advice = self._advice(file, layout)
        if not self.download_if_missing:
            raise OSError(
                f"{self.owner} found no data, and download_if_missing is False. "
                f"{advice}"
            )
        try:
            pooch = import_optional("pooch", "datasets", self.owner)
        except ImportError as error:
            raise ImportError(f"{error}. {advice}") from error
        path = self._home() / file.name
        downloader = pooch.HTTPDownloader(progressbar=False)
        try:
            # It downloads to a temporary name, and renames what has the checksum.
            pooch.retrieve(
                file.url,
                known_hash=file.checksum,
                fname=path.name,
                path=path.parent,
                downloader=downloader,
            )
        except (OSError, ValueError) as error:
            raise OSError(
                f"{self.owner} could not download {file.url}, and kept nothing of it: "
                f"{error}. {advice}"
            ) from error
        return path

    def _advice(self, file: RemoteFile, layout: str) -> str:
        names = [name for name in (self.prepared, file.name, layout) if name]
        places = " or ".join(str(self._home() / name) for name in dict.fromkeys(names))
        folder = os.environ.get(VARIABLE)
        return (
            f"Without a network, put what is missing there: {places} "
            f"({Path(file.name).name} comes from {file.url}). It is looked for in the "
            f"folder that the environment variable {VARIABLE} names, too "
            f"({folder or 'not set'})."
        )
