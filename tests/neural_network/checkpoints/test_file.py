"""A file is a whole checkpoint, or it is refused."""

import os

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sklearn_mtl.neural_network._checkpoints import _file
from sklearn_mtl.neural_network._checkpoints._file import (
    BadCheckpointError,
    Checkpoint,
    read,
    read_fingerprint,
    write,
)

CHECKPOINT = Checkpoint(
    {"lr": "0.1", "the labels": "#123"},
    epoch=3,
    finished=False,
    state={"w": torch.arange(30.0), "n": [1, 2.5, None], "flag": torch.tensor(True)},
)


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "a.safetensors"
    write(path, CHECKPOINT)
    return path.read_bytes()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged") / "a.safetensors"


def assert_same(found, expected=CHECKPOINT):
    assert found.fingerprint == expected.fingerprint
    assert (found.epoch, found.finished) == (expected.epoch, expected.finished)
    assert torch.equal(found.state["w"], expected.state["w"])
    assert found.state["n"] == expected.state["n"]


def test_what_was_written_is_read(content, path):
    path.write_bytes(content)
    assert_same(read(path))
    assert read_fingerprint(path) == CHECKPOINT.fingerprint
    assert read(path).state["w"].data_ptr() % 16 == 0


def test_any_program_that_reads_safetensors_can_read_it(content):
    from safetensors.torch import load

    assert set(load(content)) == {".w", ".flag"}


def test_there_is_no_pickle_in_it(content):
    assert b"PK\x03\x04" not in content
    assert not content.startswith(b"\x80")


@given(st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_refused(content, path, data):
    place = data.draw(st.integers(0, len(content) - 1))
    damaged = bytearray(content)
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(damaged)
    try:
        found = read(path)
    except BadCheckpointError:
        return
    # Such as a blank that fills up the header and became another blank.
    assert_same(found)
    assert place < content.index(b"}}") + 64


@given(st.data())
@settings(max_examples=60)
def test_a_missing_end_is_refused(content, path, data):
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(BadCheckpointError):
        read(path)


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\xff" * 100], ids=repr)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(BadCheckpointError, match="cannot be read"):
        read(path)


def test_tensors_of_others_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"w": torch.ones(2)}, tmp_path / "a.safetensors")
    with pytest.raises(BadCheckpointError, match="not what was written"):
        read(tmp_path / "a.safetensors")
    with pytest.raises(BadCheckpointError, match="no card"):
        read_fingerprint(tmp_path / "a.safetensors")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadCheckpointError, match="cannot be read"):
        read(tmp_path / "a.safetensors")


def test_another_version_of_the_schema_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_file, "_SCHEMA", 2)
    write(tmp_path / "a.safetensors", CHECKPOINT)
    monkeypatch.undo()
    with pytest.raises(BadCheckpointError, match="schema has version 2, not 1"):
        read(tmp_path / "a.safetensors")


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch, error):
    path = tmp_path / "a.safetensors"
    write(path, CHECKPOINT)
    before = path.read_bytes()

    def fail(handle):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(error):
        write(path, Checkpoint({}, 4, False, {}))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.safetensors"]
