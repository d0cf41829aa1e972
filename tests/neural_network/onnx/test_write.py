import os

import pytest

from sklearn_mtl.neural_network._onnx import write_atomically


def test_replaces_a_file(tmp_path):
    path = tmp_path / "model"
    for content in (b"first", b"second"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_keeps_the_file_that_was_there_where_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "model"
    path.write_bytes(b"first")

    def fail(handle):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]
