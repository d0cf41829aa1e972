"""Arrays out of files that may be damaged."""

import re
from contextlib import suppress

import numpy as np
import pytest

from sklearn_mtl.datasets._archives import check_labels, read_arrays

SHAPES = {"X": ("n", 2), "y": ("n",)}


def read(path):
    return read_arrays(path, SHAPES, "fetch_toy")


def test_arrays(tmp_path):
    path = tmp_path / "toy.npz"
    X, y = np.arange(6).reshape(3, 2), np.arange(3.0)
    np.savez_compressed(path, X=X, y=y, more=np.array(["text"]))
    arrays = read(path)
    assert set(arrays) == {"X", "y"}
    np.testing.assert_array_equal(arrays["X"], X)
    np.testing.assert_array_equal(arrays["y"], y)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"X": np.ones((3, 2))}, "y"),
        ({"X": np.ones((3, 2)), "y": np.ones(4)}, r"array 'y' .* shape \(3\)"),
        ({"X": np.ones((3, 3)), "y": np.ones(3)}, r"array 'X' .* shape \(n?3?, 2\)"),
        ({"X": np.ones(3), "y": np.ones(3)}, "array 'X'"),
        ({"X": np.ones((1, 2)), "y": np.array(["a"])}, "array 'y' should hold numbers"),
        ({"X": np.ones((1, 2)), "y": np.array([None])}, "allow_pickle"),
    ],
)
def test_other_arrays_than_expected(tmp_path, arrays, reason):
    path = tmp_path / "toy.npz"
    np.savez(path, **arrays)
    with pytest.raises(OSError, match=reason) as info:
        read(path)
    assert f"fetch_toy cannot use {path}" in str(info.value)


@pytest.mark.parametrize("content", [b"", b"PK\3\4 and no more", b"text"])
def test_no_npz(tmp_path, content):
    path = tmp_path / "toy.npz"
    path.write_bytes(content)
    with pytest.raises(OSError, match=re.escape(str(path))):
        read(path)


def test_one_array_alone(tmp_path):
    with (tmp_path / "toy.npz").open("wb") as file:
        np.save(file, np.ones((3, 2)))
    with pytest.raises(OSError, match="cannot use"):
        read(tmp_path / "toy.npz")


def test_damaged_npz_is_refused_or_read_right(tmp_path):
    path = tmp_path / "toy.npz"
    X, y = np.arange(200.0).reshape(100, 2), np.arange(100.0)
    np.savez_compressed(path, X=X, y=y)
    whole = path.read_bytes()
    for length in range(0, len(whole), 101):
        path.write_bytes(whole[:length])
        with pytest.raises(OSError, match="cannot use"):
            read(path)
    for position in range(0, len(whole), 7):
        broken = bytearray(whole)
        broken[position] ^= 0x55
        path.write_bytes(broken)
        # The date of an array, for example, is of no consequence.
        with suppress(OSError):
            arrays = read(path)
            np.testing.assert_array_equal(arrays["X"], X)
            np.testing.assert_array_equal(arrays["y"], y)


@pytest.mark.parametrize("bad", [-1, 3, 0.5, np.nan])
def test_labels_that_are_no_classes(tmp_path, bad):
    check_labels(np.array([0, 1, 2]), 3, "word", tmp_path, "fetch_toy")
    with pytest.raises(OSError, match="row 1 is no class of task 'word', 0 to 2"):
        check_labels(np.array([0, bad]), 3, "word", tmp_path, "fetch_toy")
