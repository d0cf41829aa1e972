"""Finding the files of a data set, downloading them, unpacking them."""

import hashlib
import io
import sys
import tarfile

import pytest

from sklearn_mtl.datasets._archives import unpack
from sklearn_mtl.datasets._data_files import DataFiles, RemoteArchive, RemoteFile

CONTENT = b"all that there is" * 1000


def files_of(home, **options) -> DataFiles:
    options = {"prepared": "toy.npz", "download_if_missing": True, **options}
    return DataFiles("fetch_toy", data_home=home.parent, **options)


def remote_file(server, content=CONTENT) -> RemoteFile:
    checksum = f"md5:{hashlib.md5(content).hexdigest()}"
    return RemoteFile("toy/toy.bin", f"{server.url}/toy.bin", checksum)


def tar_gz(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def remote_archive(server, content: bytes, folder="toy", **options) -> RemoteArchive:
    return RemoteArchive(
        name="toy.tar.gz",
        url=f"{server.url}/toy.tar.gz",
        checksum=f"sha256:{hashlib.sha256(content).hexdigest()}",
        root="inside",
        folders=(folder, "toy-master"),
        **options,
    )


def content_of(folder) -> list[str]:
    """The files, hidden ones too, below a folder."""
    paths = folder.rglob("*")
    return sorted(p.relative_to(folder).as_posix() for p in paths if p.is_file())


class TestFinding:
    def test_folder_of_the_variable_goes_first(self, home, tmp_path, monkeypatch):
        monkeypatch.setenv("SKLEARN_MTL_DATA", str(tmp_path))
        (home / "toy.npz").touch()
        assert files_of(home).find_prepared() == home / "toy.npz"
        (tmp_path / "toy.npz").touch()
        assert files_of(home).find_prepared() == tmp_path / "toy.npz"

    def test_data_home_is_not_made_where_it_is_not_needed(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SKLEARN_MTL_DATA", str(tmp_path))
        (tmp_path / "toy.npz").touch()
        files = files_of(tmp_path / "absent" / "sklearn_mtl")
        assert files.find_prepared() == tmp_path / "toy.npz"
        assert not (tmp_path / "absent").exists()

    def test_scikit_learns_data_home_is_the_default(self, tmp_path, monkeypatch):
        monkeypatch.delenv("SKLEARN_MTL_DATA", raising=False)
        monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
        path = tmp_path / "sklearn_mtl" / "toy.npz"
        path.parent.mkdir()
        path.touch()
        assert DataFiles("f", "toy.npz", None, False).find_prepared() == path

    @pytest.mark.parametrize("folder", ["~nosuchuser/x", "long" * 999, "{file}/x"])
    def test_places_that_no_file_is_in(self, home, tmp_path, monkeypatch, folder):
        (tmp_path / "file").touch()
        folder = folder.format(file=tmp_path / "file")
        monkeypatch.setenv("SKLEARN_MTL_DATA", folder)
        assert files_of(home).find_prepared() is None
        assert DataFiles("f", "toy.npz", folder, False).find_prepared() is None
        (home / "toy.npz").touch()
        assert files_of(home).find_prepared() == home / "toy.npz"

    def test_looking_makes_no_folder(self, tmp_path, server, monkeypatch):
        monkeypatch.delenv("SKLEARN_MTL_DATA", raising=False)
        monkeypatch.delenv("SCIKIT_LEARN_DATA", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        files = DataFiles("fetch_toy", "toy.npz", None, False)
        with pytest.raises(OSError, match="found no data") as info:
            files.obtain(remote_file(server))
        place = tmp_path / "scikit_learn_data" / "sklearn_mtl" / "toy.npz"
        assert str(place) in str(info.value)
        assert not list(tmp_path.iterdir())

    def test_folder_with_the_name_of_a_file(self, home, server):
        (home / "toy" / "toy.bin").mkdir(parents=True)
        with pytest.raises(OSError, match=r"cannot use .*toy\.bin.* is a folder"):
            files_of(home).obtain(remote_file(server))
        (home / "toy.npz").mkdir()
        with pytest.raises(OSError, match=r"cannot use .*toy\.npz.* is a folder"):
            files_of(home).find_prepared()
        (home / "toy.tar.gz").mkdir()
        with pytest.raises(OSError, match=r"cannot use .*toy\.tar\.gz.* is a folder"):
            files_of(home).obtain_folder(remote_archive(server, b"", folder="no"))

    def test_file_with_the_name_of_a_folder(self, home, server):
        (home / "toy").touch()
        with pytest.raises(OSError, match=r"cannot use .*toy, .* is no folder"):
            files_of(home).obtain_folder(remote_archive(server, b""))

    def test_nothing_is_there(self, home):
        assert files_of(home).find_prepared() is None
        assert files_of(home, prepared=None).find_prepared() is None


class TestDownload:
    def test_once(self, home, server):
        server.files["toy.bin"] = CONTENT
        file = remote_file(server)
        path = files_of(home).obtain(file)
        assert path == home / "toy" / "toy.bin"
        assert path.read_bytes() == CONTENT
        assert files_of(home).obtain(file) == path
        assert server.requests == ["toy.bin"]

    def test_file_that_is_there_is_not_downloaded(self, home, server):
        (home / "toy").mkdir()
        (home / "toy" / "other").touch()
        path = files_of(home).obtain(remote_file(server), "toy/other")
        assert path.name == "other"
        assert not server.requests

    @pytest.mark.parametrize("damage", ["other", "short", "truncated", "absent"])
    def test_bad_transfer_leaves_nothing(self, home, server, damage):
        content = b"x" * len(CONTENT) if damage == "other" else CONTENT[:-9]
        server.files["toy.bin"] = content
        server.missing_bytes = 9 if damage == "truncated" else 0
        if damage == "absent":
            server.files.clear()
        with pytest.raises(OSError, match="could not download") as info:
            files_of(home).obtain(remote_file(server))
        assert f"{server.url}/toy.bin" in str(info.value)
        assert str(home / "toy.npz") in str(info.value)
        assert not content_of(home.parent)
        server.missing_bytes = 0
        server.files["toy.bin"] = CONTENT
        assert files_of(home).obtain(remote_file(server)).read_bytes() == CONTENT

    def test_without_network(self, home, server, monkeypatch):
        import requests

        def fail(*args, **kwargs):
            raise requests.ConnectionError("no route to host")

        monkeypatch.setattr(requests, "get", fail)
        monkeypatch.setattr(requests.Session, "request", fail)
        monkeypatch.setenv("SKLEARN_MTL_DATA", "/nowhere/at/all")
        with pytest.raises(OSError, match="no route to host") as info:
            files_of(home).obtain(remote_file(server))
        message = str(info.value)
        assert str(home / "toy.npz") in message
        assert str(home / "toy" / "toy.bin") in message
        assert "SKLEARN_MTL_DATA names, too (/nowhere/at/all)" in message
        assert not content_of(home.parent)

    def test_data_home_that_cannot_be_written_to(self, home, server):
        server.files["toy.bin"] = CONTENT
        home.rmdir()
        home.touch()
        message = f"fetch_toy cannot write to {home}: .* Set 'data_home'"
        with pytest.raises(OSError, match=message):
            files_of(home).obtain(remote_file(server))
        assert not server.requests

    def test_not_wanted(self, home, server):
        files = files_of(home, download_if_missing=False)
        with pytest.raises(OSError, match="fetch_toy found no data") as info:
            files.obtain(remote_file(server))
        assert str(home / "toy" / "toy.bin") in str(info.value)
        assert "SKLEARN_MTL_DATA" in str(info.value)
        assert not server.requests

    def test_without_pooch(self, home, server, monkeypatch):
        monkeypatch.setitem(sys.modules, "pooch", None)
        with pytest.raises(ImportError, match=r"sklearn-mtl\[datasets\]") as info:
            files_of(home).obtain(remote_file(server))
        assert str(home / "toy.npz") in str(info.value)


class TestArchive:
    members = {"inside/a.txt": b"a", "inside/b/c.txt": b"c", "readme": b"r"}

    def test_is_downloaded_unpacked_and_removed(self, home, server):
        content = server.files["toy.tar.gz"] = tar_gz(self.members)
        archive = remote_archive(server, content)
        assert files_of(home).obtain_folder(archive) == home / "toy"
        assert content_of(home) == ["toy/a.txt", "toy/b/c.txt"]
        assert files_of(home).obtain_folder(archive) == home / "toy"
        assert len(server.requests) == 1

    def test_that_is_there_is_unpacked_and_kept(self, home, server):
        (home / "toy.tar.gz").write_bytes(tar_gz(self.members))
        files_of(home).obtain_folder(remote_archive(server, b""))
        assert content_of(home) == ["toy.tar.gz", "toy/a.txt", "toy/b/c.txt"]
        assert not server.requests

    def test_in_the_folder_of_the_variable(self, home, server, tmp_path, monkeypatch):
        (tmp_path / "read_only").mkdir()
        (tmp_path / "read_only" / "toy.tar.gz").write_bytes(tar_gz(self.members))
        monkeypatch.setenv("SKLEARN_MTL_DATA", str(tmp_path / "read_only"))
        files = files_of(home, download_if_missing=False)
        assert files.obtain_folder(remote_archive(server, b"")) == home / "toy"
        assert content_of(tmp_path / "read_only") == ["toy.tar.gz"]

    def test_data_home_that_cannot_be_written_to(
        self, home, server, tmp_path, monkeypatch
    ):
        (tmp_path / "toy.tar.gz").write_bytes(tar_gz(self.members))
        monkeypatch.setenv("SKLEARN_MTL_DATA", str(tmp_path))
        home.rmdir()
        home.touch()
        message = f"fetch_toy cannot write to {home}: .* Set 'data_home'"
        with pytest.raises(OSError, match=message):
            files_of(home).obtain_folder(remote_archive(server, b""))

    def test_that_lacks_a_needed_file(self, home, server):
        content = server.files["toy.tar.gz"] = tar_gz(self.members)
        archive = remote_archive(server, content, needed=("a.txt", "b", "d.txt"))
        with pytest.raises(OSError, match=r"toy\.tar\.gz.*has no inside/d\.txt"):
            files_of(home).obtain_folder(archive)
        assert not content_of(home)

    def test_is_downloaded_where_no_other_process_finds_it(
        self, home, server, monkeypatch
    ):
        """Else another might begin to unpack what this one then removes."""
        content = server.files["toy.tar.gz"] = tar_gz(self.members)
        monkeypatch.setattr(
            "sklearn_mtl.datasets._data_files.unpack",
            lambda *args, **options: names.extend(content_of(home)),
        )
        names = []
        files_of(home).obtain_folder(remote_archive(server, content))
        assert len(names) == 1
        assert names[0] != "toy.tar.gz"

    @pytest.mark.parametrize("unpacked", [True, False])
    def test_another_process_removes_it(self, home, server, monkeypatch, unpacked):
        """What it has unpacked is taken, if it has."""
        content = server.files["toy.tar.gz"] = tar_gz(self.members)
        (home / "toy.tar.gz").write_bytes(content)

        def vanish(path, *args, **options):
            path.unlink()
            monkeypatch.undo()
            if unpacked:
                (home / "toy").mkdir()
            unpack(path, *args, **options)

        monkeypatch.setattr("sklearn_mtl.datasets._data_files.unpack", vanish)
        archive = remote_archive(server, content)
        folder = files_of(home).obtain_folder(archive)
        assert folder == home / "toy"
        assert content_of(folder) == ([] if unpacked else ["a.txt", "b/c.txt"])

    def test_unpacked_by_hand(self, home, server):
        (home / "toy-master").mkdir()
        folder = files_of(home).obtain_folder(remote_archive(server, b""))
        assert folder == home / "toy-master"

    @pytest.mark.parametrize(
        ("damage", "content"),
        [
            ("empty", b""),
            ("no gzip", b"<html>not found</html>"),
            ("truncated", tar_gz({"inside/a": bytes(range(256)) * 99})[:-20]),
            ("last bytes", tar_gz({"inside/a": b"a"})[:-6] + b"other!"),
            ("no folder", tar_gz({"outside/a": b"a"})),
            ("written elsewhere", tar_gz({"inside/a": b"a", "../../evil": b"b"})),
        ],
        # Names that do not have the time in them, as packed files do.
        ids=["empty", "no gzip", "cut", "changed", "no folder", "elsewhere"],
    )
    def test_damaged(self, home, server, damage, content):
        (home / "toy.tar.gz").write_bytes(content)
        with pytest.raises(OSError, match=r"fetch_toy cannot use .*toy\.tar\.gz"):
            files_of(home).obtain_folder(remote_archive(server, content))
        assert content_of(home.parent.parent) == ["home/sklearn_mtl/toy.tar.gz"]
        assert not (home / "toy").exists()

    def test_overwritten_anywhere(self, home, server):
        """Whichever byte of the data is another one, the archive is refused."""
        whole = tar_gz({"inside/a": hashlib.sha512(b"noise").digest() * 9})
        for position in range(10, len(whole), 7):
            broken = bytearray(whole)
            broken[position] ^= 0x55
            (home / "toy.tar.gz").write_bytes(broken)
            with pytest.raises(OSError, match="cannot use"):
                files_of(home).obtain_folder(remote_archive(server, b""))
        assert content_of(home) == ["toy.tar.gz"]

    def test_another_process_was_faster(self, home, server):
        (home / "toy.tar.gz").write_bytes(tar_gz(self.members))
        files = files_of(home)
        archive = remote_archive(server, b"")
        files.obtain_folder(archive)
        unpack(home / "toy.tar.gz", "inside", home / "toy", "fetch_toy")
        assert content_of(home) == ["toy.tar.gz", "toy/a.txt", "toy/b/c.txt"]
