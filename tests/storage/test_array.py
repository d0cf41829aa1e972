import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joblib import Parallel, delayed

from sklearn_mtl._storage import StoredArray, free_pages, is_large_on_disk


def open_array(array, dtype=np.float32, **parameters):
    given = {"owner": "Net", "allow_nan": False, "memory_budget": 800, **parameters}
    return StoredArray(array, dtype, **given)


@pytest.fixture
def mapped(tmp_path):
    np.save(tmp_path / "X.npy", np.arange(120.0).reshape(40, 3))
    return np.load(tmp_path / "X.npy", mmap_mode="r")


def test_rows(mapped):
    stored = open_array(mapped)
    assert stored.shape == (40, 3)
    assert len(stored.bounds) > 3
    assert stored[:].dtype == np.float32
    np.testing.assert_array_equal(stored[:], mapped)
    np.testing.assert_array_equal(stored[[39, 0, 0]], mapped[[39, 0, 0]])
    np.testing.assert_array_equal(stored[np.arange(9), 1], mapped[:9, 1])


@given(rows=st.lists(st.integers(0, 19), max_size=30), budget=st.integers(1, 2000))
def test_any_rows(rows, budget):
    array = np.arange(40).reshape(20, 2)
    stored = open_array(np.asarray(array), memory_budget=budget)
    np.testing.assert_array_equal(stored[rows], array[rows])


def test_images_of_bytes(tmp_path):
    images = np.memmap(tmp_path / "X", np.uint8, "w+", shape=(9, 4, 4))
    images[:] = np.arange(9)[:, None, None]
    stored = open_array(images, np.uint8)
    assert stored.row_shape == (4, 4)
    np.testing.assert_array_equal(stored[[8, 1]], images[[8, 1]])


def test_what_is_not_finite_is_found_as_it_is_read(tmp_path):
    array = np.memmap(tmp_path / "X", np.float32, "w+", shape=(9, 2))
    array[4, 1] = np.nan
    assert open_array(array)[:4].sum() == 0
    with pytest.raises(ValueError, match="'X' parameter of Net must be finite"):
        open_array(array)[:]
    assert np.isnan(open_array(array, allow_nan=True)[[4], 1])


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_freed_pages_are_read_again(tmp_path, mode):
    np.save(tmp_path / "X.npy", np.ones((4, 2)))
    array = np.load(tmp_path / "X.npy", mmap_mode=mode)
    if mode != "r":
        array[1] = 5
    free_pages(array[1:])
    assert array.sum() == (8 if mode == "r" else 16)


def test_what_is_large_on_disk(mapped):
    assert is_large_on_disk(mapped, 100)
    assert is_large_on_disk(mapped[5:], 100)
    assert not is_large_on_disk(mapped, 10_000)
    assert not is_large_on_disk(np.array(mapped), 100)
    assert not is_large_on_disk(mapped[:, 0], 100)
    assert not is_large_on_disk("mapped", 0)


def test_what_joblib_lends_is_in_memory():
    """A worker is to learn the same from it as the process that has it in memory."""
    X = np.ones((200, 50))
    call = delayed(is_large_on_disk_and_mapped)(X)
    assert Parallel(2, max_nbytes=1000)([call, call]) == [(False, True)] * 2


def is_large_on_disk_and_mapped(X):
    return is_large_on_disk(X, 1000), isinstance(X, np.memmap)
