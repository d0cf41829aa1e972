"""A file is replaced as a whole, or stays as it was."""

import os

import pytest

from sklearn_mtl._atomic_file import find_left_over, replacing


def test_replaces_a_file(tmp_path):
    path = tmp_path / "model"
    for content in (b"first", b"second"):
        with replacing(path) as new:
            new.write_bytes(content)
            assert new.parent == tmp_path
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("when", ["writing", "syncing"])
def test_keeps_the_file_that_was_there_where_it_fails(
    tmp_path, monkeypatch, error, when
):
    path = tmp_path / "model"
    path.write_bytes(b"first")

    def fail(*args):
        raise error

    def write():
        with replacing(path) as new:
            new.write_bytes(b"second")
            if when == "writing":
                fail()

    if when == "syncing":
        monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(error):
        write()
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_found(tmp_path):
    path = tmp_path / "model-1"
    with replacing(path) as new:
        new.write_bytes(b"first")
        assert list(find_left_over(tmp_path, "model")) == [new]
        assert list(find_left_over(tmp_path, "other")) == []
    assert list(find_left_over(tmp_path, "model")) == []
