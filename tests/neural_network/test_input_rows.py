"""Batches of rows with named inputs hold what rows have, and nothing else."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_mtl.datasets import combine_inputs, combine_tasks
from sklearn_mtl.neural_network._input_rows import InputRows, open_rows
from sklearn_mtl.neural_network._rows import TableRows

A = np.arange(24, dtype=np.uint8).reshape(6, 2, 2)
B = 100 + np.arange(12, dtype=np.float64).reshape(4, 3)
HAS_B = np.array([True, False, True, True, False, True])
X = combine_inputs({"a": A, "b": B}, present={"b": HAS_B})
TABLES = {"a": A, "b": np.insert(B, [1, 3], np.nan, axis=0)}


def rows_of(batch, name):
    """Return what a batch has of an input, by the row of the batch."""
    if name not in batch.tables:
        return {}
    places = batch.places[name]
    numbers = range(len(batch)) if places is None else places.tolist()
    return dict(zip(numbers, batch.tables[name].tolist(), strict=False))


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=12),
    st.one_of(st.none(), st.lists(st.integers(0, 5), min_size=1, max_size=6)),
)
def test_a_batch_has_the_rows_of_each_table(index, chosen):
    if chosen is not None:
        index = [i % len(chosen) for i in index]
    rows = InputRows(
        X, "cpu", torch.float64, None if chosen is None else np.array(chosen)
    )
    batch = rows.take(torch.tensor(index))
    wanted = index if chosen is None else [chosen[i] for i in index]
    assert len(batch) == len(wanted)
    for name in X.names:
        has = X.has(name)
        expected = {
            place: TABLES[name][row].tolist()
            for place, row in enumerate(wanted)
            if has[row]
        }
        assert rows_of(batch, name) == expected


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.data())
def test_some_rows_of_a_batch(index, data):
    start = data.draw(st.integers(0, len(index) - 1))
    stop = data.draw(st.integers(start + 1, len(index)))
    rows = InputRows(X, "cpu", torch.float64)
    found = rows.take(torch.tensor(index)).rows(start, stop)
    expected = rows.take(torch.tensor(index[start:stop]))
    assert len(found) == stop - start
    for name in X.names:
        assert rows_of(found, name) == rows_of(expected, name)
    # Normalisation layers cannot train on a single row.
    assert all(len(table) > 1 for table in found.tables.values())


def test_an_input_that_no_row_has_is_left_out():
    batch = InputRows(X, "cpu", torch.float32).take(torch.tensor([1, 4]))
    assert list(batch.tables) == ["a"]
    assert batch.places == {"a": None}


def test_a_single_row_comes_twice_for_layers_that_normalise():
    batch = InputRows(X, "cpu", torch.float32).take(torch.tensor([0, 1]))
    assert len(batch.tables["b"]) == 2
    assert batch.places["b"].tolist() == [0]


def test_slices_are_the_rows_in_their_order():
    slices = list(InputRows(X, "cpu", torch.float64).slices(4))
    assert [len(batch) for batch in slices] == [4, 2]
    assert rows_of(slices[1], "b") == {1: TABLES["b"][5].tolist()}


def test_an_example_has_every_input():
    assert set(InputRows(X, "cpu", torch.float32).example().tables) == {"a", "b"}


def test_rows_of_the_same_inputs_are_of_one_kind():
    kinds = InputRows(X, "cpu", torch.float32).take(torch.arange(6)).kinds()
    assert len(set(kinds[HAS_B].tolist())) == len(set(kinds[~HAS_B].tolist())) == 1
    assert len(kinds.unique()) == 2


def test_kinds_of_a_hundred_inputs():
    many, _ = combine_tasks({f"task{t}": (B + t, [0, 1, 0, 1]) for t in range(100)})
    kinds = InputRows(many, "cpu", torch.float32).take(torch.arange(400)).kinds()
    assert (kinds.view(100, 4) == kinds.view(100, 4)[:, :1]).all()
    assert len(kinds.unique()) == 100


def test_filling_up_adds_zeros_after_the_rows():
    batch = InputRows(X, "cpu", torch.float32).take(torch.arange(6)).filled_up(8)
    assert len(batch) == 6
    assert [len(table) for table in batch.tables.values()] == [8, 8]
    assert not batch.tables["b"][4:].any()


@pytest.mark.parametrize(
    "make",
    [
        lambda table, folder: sparse.csr_array(table),
        lambda table, folder: np.lib.format.open_memmap(
            folder / "table.npy", "w+", table.dtype, table.shape
        ),
    ],
    ids=["sparse", "on disk"],
)
def test_tables_that_are_not_whole_in_memory(make, tmp_path):
    table = make(B, tmp_path)
    if isinstance(table, np.memmap):
        table[:] = B
    Z, _ = combine_tasks({"b": (table, [0, 1, 0, 1]), "a": (A, [0, 1] * 3)})
    batch = InputRows(Z, "cpu", torch.float64).take(torch.tensor([2, 3, 4]))
    assert batch.tables["b"].tolist() == B[2:].tolist()


def test_tables_are_not_copied():
    whole = InputRows(X, "cpu", torch.float32)._tables["a"][1]
    assert np.shares_memory(whole.tensor.numpy(), A)


def test_what_is_opened_depends_on_x():
    assert isinstance(open_rows(X, "cpu", torch.float32), InputRows)
    assert isinstance(open_rows(B, "cpu", torch.float32), TableRows)


def test_the_largest_input_tells_how_many_rows_go_at_once():
    large = combine_inputs({"a": A, "image": np.zeros((6, 64, 64), dtype=np.uint8)})
    assert InputRows(large, "cpu", torch.float32).how_many(8192) == 512
