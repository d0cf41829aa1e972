"""The folder of a model is replaced as a whole or not at all."""

import errno
import os
import sys
from pathlib import Path

import pytest

from sklearn_mtl.neural_network import MultiTaskNetRegressor, load
from sklearn_mtl.neural_network._saving import _folder
from sklearn_mtl.neural_network._saving._folder import find_folder, replacing_folder

NAMES = ["card.json", "model.safetensors"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


write = Path.write_text


def write_both(folder, text):
    for name in NAMES:
        (folder / name).write_text(text)


def save(path, text):
    with replacing_folder(path, "Net") as folder:
        write_both(folder, text)


def test_makes_the_folder_and_its_parents(tmp_path):
    save(tmp_path / "a" / "b", "new")
    assert names(tmp_path / "a") == ["b"]
    assert names(tmp_path / "a" / "b") == NAMES


def test_replaces_a_model(tmp_path):
    for text in ("old", "new"):
        save(tmp_path / "model", text)
    assert (tmp_path / "model" / "card.json").read_text() == "new"
    assert names(tmp_path) == ["model"]


def fail(*args):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["_sync", "_swap", "write"])
def test_a_failure_leaves_what_was_there(tmp_path, monkeypatch, step):
    save(tmp_path / "model", "old")
    if step != "write":
        monkeypatch.setattr(_folder, step, fail)
    monkeypatch.setattr("pathlib.Path.write_text", fail if step == "write" else write)
    with pytest.raises(OSError, match="what was there: No space left") as caught:
        save(tmp_path / "model", "new")
    assert caught.value.errno == errno.ENOSPC
    assert (tmp_path / "model" / "card.json").read_text() == "old"
    assert names(tmp_path) == ["model"]


def test_a_failed_rename_is_undone(tmp_path, monkeypatch):
    save(tmp_path / "model", "old")
    rename = type(tmp_path).rename

    def fail_once(path, target):
        if target.name == "model" and ".previous" not in path.name:
            raise PermissionError(errno.EACCES, "no")
        return rename(path, target)

    monkeypatch.setattr(type(tmp_path), "rename", fail_once)
    with pytest.raises(PermissionError, match="left what was there"):
        save(tmp_path / "model", "new")
    assert (tmp_path / "model" / "card.json").read_text() == "old"
    assert names(tmp_path) == ["model"]


def test_a_model_between_two_renames_is_found(tmp_path):
    path, previous = tmp_path / "model", tmp_path / ".model.previous"
    save(path, "old")
    path.rename(previous)
    assert find_folder(path) == previous
    save(path, "new")
    assert find_folder(path) == path
    assert names(tmp_path) == ["model"]


def test_refuses_what_is_no_model(tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    expected = "'path' parameter of Net must be a new folder, or one of a saved model"
    for path in (tmp_path, tmp_path / "letters.txt"):
        with pytest.raises(ValueError, match=expected):
            save(path, "new")
    assert names(tmp_path) == ["letters.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators")
def test_refuses_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="which is a link"):
        save(tmp_path / "link", "new")


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere"
)
def test_unwritable_parent(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="could not write"):
        save(tmp_path / "model", "new")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a full disk")
def test_full_disk(small, tmp_path, monkeypatch):
    net, X, _ = small
    net.save(tmp_path / "model")
    write = Path.write_bytes

    def write_to_full_disk(path, data):
        path.symlink_to("/dev/full")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_to_full_disk)
    with pytest.raises(OSError, match="No space left on device"):
        net.save(tmp_path / "model")
    assert (load(tmp_path / "model").predict(X) == net.predict(X)).all()
    assert names(tmp_path) == ["model"]


def test_absent_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="which does not exist"):
        load(tmp_path / "nowhere")


def test_another_class(small, tmp_path):
    small[0].save(tmp_path / "model")
    with pytest.raises(ValueError, match="got one of MultiTaskNetClassifier, not of"):
        MultiTaskNetRegressor.load(tmp_path / "model")
