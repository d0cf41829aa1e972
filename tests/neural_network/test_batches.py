"""Batches visit every row once and never copy the table."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_mtl.neural_network._batches import Batches, Rows, TaskData


def numbered(n, X=None, rows=None):
    """Return data whose only feature, target and weight are the row's number."""
    number = torch.arange(n, dtype=torch.float32)[:, None]
    if X is None:
        X = number.numpy().copy()
    chosen = number if rows is None else number[rows]
    return TaskData(Rows(X, "cpu", rows), chosen, chosen + 1)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def order_of(batches):
    return torch.cat([X[:, 0] for X, _ in batches]).int().tolist()


SIZES = given(n=st.integers(1, 50), batch_size=st.integers(1, 60))


@settings(deadline=None)
@SIZES
def test_every_row_comes_once(n, batch_size):
    order = order_of(Batches(numbered(n), batch_size, seeded()))
    assert sorted(order) == list(range(n))


@settings(deadline=None)
@SIZES
def test_sizes(n, batch_size):
    """Batches are full but for the last; a last row left over joins the one before."""
    batches = Batches(numbered(n), batch_size, seeded())
    sizes = [len(X) for X, _ in batches]
    assert len(sizes) == len(batches)
    assert set(sizes[:-1]) <= {batch_size}
    assert 1 <= sizes[-1] <= batch_size + 1
    if n > 1 and batch_size > 1:
        assert min(sizes) > 1


@settings(deadline=None)
@SIZES
def test_targets_and_weights_belong_to_the_rows(n, batch_size):
    for X, (targets, weights) in Batches(numbered(n), batch_size, seeded()):
        assert (targets == X).all()
        assert (weights == X + 1).all()


def test_order_of_the_rows_without_a_generator():
    assert order_of(Batches(numbered(10), 3)) == list(range(10))


def test_order_is_new_in_each_epoch_and_the_same_for_the_same_seed():
    one, other = (Batches(numbered(30), 7, seeded(5)) for _ in range(2))
    first, second = order_of(one), order_of(one)
    assert first != second
    assert [first, second] == [order_of(other), order_of(other)]


def test_global_generator_is_not_touched():
    state = torch.get_rng_state()
    list(Batches(numbered(30), 7, seeded()))
    assert torch.equal(torch.get_rng_state(), state)


# Rows of any table


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
        table = Rows(
            TABLES[table](X, tmp_path), "cpu", None if rows is None else np.array(rows)
        )
        assert len(table) == len(chosen)
        index = torch.tensor([3, 0, 1])
        np.testing.assert_array_equal(table.take(index).numpy(), chosen[[3, 0, 1]])
        slices = [rows.numpy() for rows in table.slices(3)]
    assert all(len(part) <= 3 for part in slices)
    np.testing.assert_array_equal(np.concatenate(slices), chosen)


def test_images_are_rows_too():
    X = np.random.default_rng(0).normal(size=(6, 2, 4, 4)).astype(np.float32)
    taken = Rows(X, "cpu").take(torch.tensor([5, 1]))
    np.testing.assert_array_equal(taken.numpy(), X[[5, 1]])


def test_the_table_is_not_copied():
    X = np.zeros((10, 3), dtype=np.float32)
    rows = Rows(X, "cpu")
    X[4] = 7
    assert (rows.take(torch.tensor([4])) == 7).all()


def test_batches_are_new_tensors():
    """What an encoder does to its input in place leaves the table as it is."""
    X = np.ones((10, 3), dtype=np.float32)
    for batch, _ in Batches(TaskData(Rows(X, "cpu"), *2 * [torch.ones(10, 1)]), 4):
        batch.zero_()
    assert (X == 1).all()
