"""Where the files of a data set are looked for, and how they are brought there."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sklearn_mtl._validation import import_optional
from sklearn_mtl.datasets._archives import damaged, unpack

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
    names that it may have where someone else unpacked it. It is damaged without what is
    `needed` of that folder.
    """

    root: str
    folders: tuple[str, ...]
    needed: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataFiles:
    """The files of one data set, for the function `owner`.

    They are looked for in the folder that the environment variable names, then below
    the data home. A prepared file, if there is one at all, goes before published ones.
    What the caller looks for elsewhere is among the `alternatives` that errors name.
    """

    owner: str
    prepared: str | None
    data_home: str | os.PathLike[str] | None
    download_if_missing: bool
    alternatives: tuple[str, ...] = ()

    def find_prepared(self) -> Path | None:
        """Return where the prepared file is, if it is there."""
        return None if self.prepared is None else self._find_file(self.prepared)

    def obtain(self, file: RemoteFile, *other_names: str) -> Path:
        """Return where a published file is, downloaded if it was not there."""
        path = self._find_file(file.name, *other_names)
        return path or self._download(file, file.name, self._home())

    def obtain_folder(self, archive: RemoteArchive) -> Path:
        """Return where an archive is unpacked, downloaded if it was not there."""
        folder = self._find_folder(archive)
        if folder is not None:
            return folder
        folder = self._home() / archive.folders[0]
        path = self._find_file(archive.name)
        if path is None:
            self._download_folder(archive, folder)
            return folder
        self._make_home()
        try:
            unpack(path, archive.root, folder, self.owner, needed=archive.needed)
        except FileNotFoundError:
            if path.exists():
                raise
            # Someone has removed the archive, perhaps after unpacking it.
            return self.obtain_folder(archive)
        return folder

    def _find(self, *names: str) -> Path | None:
        """Return the first of these files or folders that is there."""
        for folder in self._folders():
            for name in names:
                if _exists(folder / name):
                    return folder / name
        return None

    def _find_file(self, *names: str) -> Path | None:
        path = self._find(*names)
        if path is not None and path.is_dir():
            raise damaged(path, self.owner, "it is a folder")
        return path

    def _find_folder(self, archive: RemoteArchive) -> Path | None:
        path = self._find(*archive.folders)
        if path is not None and not path.is_dir():
            raise damaged(path, self.owner, "it is no folder")
        return path

    def _folders(self) -> Iterator[Path]:
        if os.environ.get(VARIABLE):
            yield _expand_user(os.environ[VARIABLE])
        yield self._home()

    def _home(self) -> Path:
        """Return the folder below scikit-learn's data home, whether it is there or not.

        `sklearn.datasets.get_data_home` would make it, even where it is only looked at.
        """
        home = self.data_home
        if home is None:
            home = os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")
        return _expand_user(home).absolute() / "sklearn_mtl"

    def _make_home(self) -> None:
        """Make the folder that files are written to, and see that they can be."""
        home = self._home()
        try:
            home.mkdir(parents=True, exist_ok=True)
            TemporaryDirectory(dir=home).cleanup()
        except OSError as error:
            raise OSError(
                f"{self.owner} cannot write to {home}: {error}. Set 'data_home' to a "
                "folder that can be written to."
            ) from error

    def _download_folder(self, archive: RemoteArchive, folder: Path) -> None:
        """Download an archive, unpack it as `folder`, and remove it."""
        layout = archive.folders[0]
        self._prepare_download(archive, layout)
        # Other processes do not find it there, and begin to unpack what will vanish.
        with TemporaryDirectory(dir=folder.parent, prefix="downloading-") as private:
            path = self._download(archive, layout, Path(private))
            unpack(path, archive.root, folder, self.owner, needed=archive.needed)

    def _prepare_download(self, file: RemoteFile, layout: str) -> Any:
        """Return pooch, which downloads, if that is wanted and there is a place."""
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
        self._make_home()
        return pooch

    def _download(self, file: RemoteFile, layout: str, folder: Path) -> Path:
        """Bring a file to a folder, whole or not at all."""
        pooch = self._prepare_download(file, layout)
        path = folder / file.name
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
                f"{error}. {self._advice(file, layout)}"
            ) from error
        return path

    def _advice(self, file: RemoteFile, layout: str) -> str:
        names = (self.prepared, *self.alternatives, file.name, layout)
        places = " or ".join(
            str(self._home() / name) for name in dict.fromkeys(names) if name
        )
        folder = os.environ.get(VARIABLE)
        return (
            f"Without a network, put what is missing there: {places} "
            f"({Path(file.name).name} comes from {file.url}). It is looked for in the "
            f"folder that the environment variable {VARIABLE} names, too "
            f"({folder or 'not set'})."
        )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # For example, a name is too long to be that of a file.
        return False


def _expand_user(path: str | os.PathLike[str]) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        # There is no such user.
        return Path(path)
