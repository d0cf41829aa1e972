"""The rows of any table, as tensors, without a copy of the table."""

import warnings

import numpy as np
import pytest
import torch
from scipy import sparse

from sklearn_mtl.neural_network._rows import TableRows


def read_only_map(X, folder):
    path = folder / "X.npy"
    np.save(path, X)
    return np.load(path, mmap_mode="r")


TABLES = {
    "array": lambda X, folder: X,
    "Fortran order": lambda X, folder: np.asfortranarray(X),
    "every second row": lambda X, folder: np.repeat(X, 2, axis=0)[::2],
    "backwards": lambda X, folder: X[::-1, ::-1].copy()[::-1, ::-1],
    "memory map": read_only_map,
    "csr_matrix": lambda X, folder: sparse.csr_matrix(X),
    "csr_array": lambda X, folder: sparse.csr_array(X),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("rows", [None, [4, 2, 2, 9]], ids=["all", "chosen"])
def test_rows_of_any_table(table, rows, tmp_path):
    X = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    chosen = X if rows is None else X[rows]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # torch warns of memory it may not write to
        chosen_rows = None if rows is None else np.array(rows)
        table = TableRows(TABLES[table](X, tmp_path), "cpu", torch.float32, chosen_rows)
        assert len(table) == len(chosen)
        index = torch.tensor([3, 0, 1])
        np.testing.assert_array_equal(table.take(index).numpy(), chosen[[3, 0, 1]])
        slices = [rows.numpy() for rows in table.slices(3)]
    assert all(len(part) <= 3 for part in slices)
    np.testing.assert_array_equal(np.concatenate(slices), chosen)


def test_images_are_rows_too():
    X = np.random.default_rng(0).normal(size=(6, 2, 4, 4)).astype(np.float32)
    taken = TableRows(X, "cpu", torch.float32).take(torch.tensor([5, 1]))
    np.testing.assert_array_equal(taken.numpy(), X[[5, 1]])


def test_the_table_is_not_copied():
    X = np.zeros((10, 3), dtype=np.float32)
    rows = TableRows(X, "cpu", torch.float32)
    X[4] = 7
    assert (rows.take(torch.tensor([4])) == 7).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_small_integers_become_floats_a_batch_at_a_time(dtype):
    X = np.arange(12, dtype=dtype).reshape(6, 2)
    rows = TableRows(X, "cpu", torch.float64)
    assert rows.take(torch.tensor([5])).tolist() == [[10.0, 11.0]]
    assert all(part.dtype == torch.float64 for part in rows.slices(4))
    assert rows.tensor.element_size() == X.itemsize


def test_fewer_of_larger_rows_go_through_a_network_at_once():
    table, images = np.zeros((2, 10)), np.zeros((2, 3, 32, 32), dtype=np.uint8)
    counts = [
        TableRows(X, "cpu", torch.float32).how_many(8192) for X in (table, images)
    ]
    assert counts == [8192, 2**21 // 3072]
    huge = TableRows(np.zeros((1, 10**5)), "cpu", torch.float32)
    assert (huge.how_many(8192), huge.how_many(100)) == (256, 100)
