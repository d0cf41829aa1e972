"""Tables that a device has memory for, and those that are streamed to it."""

import gc
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import sparse

from sklearn_mtl.datasets import combine_inputs, combine_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier, _on_device
from sklearn_mtl.neural_network._input_rows import InputRows, open_rows
from sklearn_mtl.neural_network._on_device import (
    find_free_bytes,
    is_host,
    move_whole,
    pin,
    send,
)
from sklearn_mtl.neural_network._rows import TableRows

X = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
Y = np.column_stack([X[:, 0] > 0, X[:, 1] > X[:, 2]]).astype(int)


def on_disk(table, folder):
    path = folder / "table.npy"
    np.save(path, table)
    return np.load(path, mmap_mode="r")


TABLES = {
    "array": lambda table, folder: table,
    "backwards": lambda table, folder: table[::-1].copy()[::-1],
    "on disk": on_disk,
    "sparse": lambda table, folder: sparse.csr_array(table),
}


@pytest.fixture
def device(monkeypatch):
    """A function that lets the CPU be a device of its own, with so much free memory."""

    def pretend(free):
        for module in ("_rows", "_input_rows", "_stored_rows"):
            name = f"sklearn_mtl.neural_network.{module}"
            monkeypatch.setattr(sys.modules[name], "is_host", lambda device: False)
        monkeypatch.setattr(_on_device, "find_free_bytes", lambda device: free)
        monkeypatch.setattr(_on_device, "_copies", {})

    return pretend


def test_the_host():
    assert is_host("cpu")
    assert not is_host("cuda:0")
    assert find_free_bytes("cpu") is None


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("rows", [None, [4, 2, 2, 9]], ids=["all", "chosen"])
@pytest.mark.parametrize("free", [0, 2 * X.nbytes, None])
def test_rows_are_the_same_wherever_they_come_from(free, rows, table, device, tmp_path):
    device(free)
    given = TABLES[table](X, tmp_path)
    of = TableRows(
        given, "cpu", torch.float32, None if rows is None else np.array(rows)
    )
    assert of.is_streamed == (free == 0)
    expected = X if rows is None else X[rows]
    index = torch.tensor([3, 0, 1])
    np.testing.assert_array_equal(of.take(index), expected[[3, 0, 1]])
    np.testing.assert_array_equal(torch.cat(list(of.slices(3))), expected)
    each = list(of.take_each(iter([index, index[:1]])))
    assert [part.tolist() for part in each] == [
        expected[[3, 0, 1]].tolist(),
        expected[[3]].tolist(),
    ]


@pytest.mark.parametrize("free", [0, 10**6])
def test_inputs_of_every_kind(free, device, tmp_path):
    device(free)
    other = np.arange(400, dtype=np.uint8).reshape(200, 2)
    inputs = combine_inputs(
        {"array": X, "sparse": sparse.csr_array(other), "disk": on_disk(X, tmp_path)},
        present={"sparse": np.arange(200) % 3 > 0},
    )
    rows = InputRows(inputs, "cpu", torch.float32)
    batch = rows.take(torch.tensor([3, 4, 2]))
    assert rows.is_streamed == (free == 0)
    np.testing.assert_array_equal(batch.tables["array"], X[[3, 4, 2]])
    np.testing.assert_array_equal(batch.tables["disk"], X[[3, 4, 2]])
    assert batch.tables["sparse"].tolist() == [[8, 9], [4, 5]]
    assert batch.places["sparse"].tolist() == [1, 2]


@pytest.mark.parametrize("free", [0, 10**6])
@pytest.mark.parametrize("table", TABLES)
def test_a_fit_is_the_same_wherever_the_rows_are(table, free, device, tmp_path):
    given = TABLES[table](X, tmp_path)
    nets = []
    for pretends in (False, True):
        if pretends:
            device(free)
        net = MultiTaskNetClassifier((8,), max_epochs=3, random_state=0, device="cpu")
        nets.append(net.fit(given, Y))
    for one, other in zip(*(net.predict_proba(given) for net in nets), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", ["parquet", "tasks"])
def test_fits_on_windows_and_on_several_data_sets(make, device, tmp_path):
    if make == "tasks":
        other = sparse.csr_array(X[:100])
        given, labels = combine_tasks({"a": (X, Y[:, 0]), "b": (other, Y[:100, 1])})
    else:
        pd = pytest.importorskip("pandas")
        pytest.importorskip("pyarrow")
        from sklearn_mtl.datasets import ParquetTable

        frame = pd.DataFrame(X, columns=list("abc"))
        frame.to_parquet(tmp_path / "X.parquet", row_group_size=20)
        given, labels = ParquetTable(tmp_path, memory_budget=1500), Y
    found = []
    for pretends in (False, True):
        if pretends:
            device(0)
        # A device draws dropout from a generator of its own; here there is one.
        net = MultiTaskNetClassifier(
            (8,), preset="plain", max_epochs=3, random_state=0, device="cpu"
        )
        found.append(net.fit(given, labels)._outputs(given))
    assert torch.equal(*found)


def test_training_and_validation_share_one_copy(device):
    device(None)
    first = open_rows(X, "cpu", torch.float32, np.arange(150))
    second = open_rows(X, "cpu", torch.float32, np.arange(150, 200))
    assert first.tensor is second.tensor
    assert first.tensor.data_ptr() != torch.from_numpy(X).data_ptr()


def test_a_copy_is_gone_when_nobody_uses_it(device):
    device(None)
    table = X.copy()
    rows = open_rows(table, "cpu", torch.float32)
    assert len(_on_device._copies) == 1
    del rows
    gc.collect()
    table[0] = 7
    assert open_rows(table, "cpu", torch.float32).tensor[0, 0] == 7
    assert len(_on_device._copies) == 1


def test_tables_are_moved_some_rows_at_a_time(monkeypatch, device):
    device(None)
    monkeypatch.setattr(_on_device, "_BYTES_AT_ONCE", 5 * X[0].nbytes)
    read = []

    def take(start, stop):
        read.append(stop - start)
        return torch.from_numpy(X[start:stop])

    assert torch.equal(move_whole(X, "cpu", take, 12), torch.from_numpy(X[:12]))
    assert read == [1, 5, 5, 2]


def test_a_table_stays_where_others_took_the_memory(device):
    device(None)

    def take(start, stop):
        if stop > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return torch.from_numpy(X[start:stop])

    assert move_whole(X, "cpu", take, 200) is None


def test_half_of_the_free_memory_is_for_tables(device):
    read = TableRows(X, "cpu", torch.float32)._read
    device(2 * X.nbytes - 1)
    assert move_whole(X, "cpu", read, 200) is None
    device(2 * X.nbytes)
    assert move_whole(X, "cpu", read, 200) is not None


def test_what_torch_keeps_is_free(monkeypatch):
    counts = SimpleNamespace(free=100, reserved=40, allocated=30)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (counts.free, 999))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: counts.reserved)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: counts.allocated)
    assert find_free_bytes("cuda") == 110


def test_rows_are_pinned_for_a_gpu_only(monkeypatch):
    pinned = []

    def pin_memory(tensor):
        pinned.append(tensor.dtype)
        return tensor

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin_memory)
    for dtype in (torch.uint8, torch.float32, torch.float64):
        rows = torch.ones(4, 2, dtype=dtype)
        assert pin(rows, "cpu", torch.float32) is rows
        sent = send(pin(rows, "cuda", torch.float32), "cpu", torch.float32)
        assert sent.dtype == torch.float32
    # Small numbers travel as they are, large ones as small as they are to be.
    assert pinned == [torch.uint8, torch.float32, torch.float32]
