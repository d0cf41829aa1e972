from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_mtl._storage import StoredArray
from sklearn_mtl.neural_network._batches import Batches, TaskData
from sklearn_mtl.neural_network._stored_rows import StoredRows

X = np.column_stack([np.arange(40.0), -np.arange(40.0)])


def open_rows(rows=None, memory_budget=640):
    """Blocks of 5 rows, in windows of 20, unless the budget is another one."""
    table = StoredArray(
        X, np.float32, memory_budget=memory_budget, owner="Net", allow_nan=False
    )
    rows = None if rows is None else np.asarray(rows)
    return StoredRows(table, "cpu", torch.float32, rows)


def deal(rows, size, seed=None, **given):
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    bounds = [*range(0, len(rows), size), len(rows)]
    return list(rows.deal(bounds, generator, **given))


@settings(max_examples=50, deadline=None)
@given(
    chosen=st.lists(st.integers(0, 39), min_size=1, max_size=60),
    size=st.integers(1, 70),
    budget=st.sampled_from([1, 300, 640, 2000, 10**5]),
    seed=st.sampled_from([None, 0]),
)
def test_an_epoch_has_all_rows_once(chosen, size, budget, seed):
    rows = open_rows(chosen, budget)
    dealt = deal(rows, size, seed)
    bounds = [*range(0, len(rows), size), len(rows)]
    expected = [stop - start for start, stop in pairwise(bounds)]
    assert [len(index) for index, _ in dealt] == expected
    index = torch.cat([index for index, _ in dealt])
    assert sorted(index.tolist()) == list(range(len(chosen)))
    values = torch.cat([values for _, values in dealt])
    np.testing.assert_array_equal(values, X[np.array(chosen)[index.numpy()]])


def test_rows_of_a_window_are_mixed_and_windows_follow_one_another():
    order = torch.cat([index for index, _ in deal(open_rows(), 4, seed=0)])
    windows = [set((window // 5).tolist()) for window in order.split(20)]
    assert len(windows[0]) == len(windows[1]) == 4
    assert not windows[0] & windows[1]
    assert order[:20].tolist() != sorted(order[:20].tolist())


def test_the_order_is_that_of_the_seed():
    def order(seed):
        return torch.cat([index for index, _ in deal(open_rows(), 7, seed)]).tolist()

    assert order(0) == order(0) != order(1)


def test_each_epoch_has_an_order_of_its_own():
    rows, generator = open_rows(), torch.Generator().manual_seed(0)
    first, second = (next(rows.deal([0, 40], generator))[0] for _ in range(2))
    assert first.tolist() != second.tolist()


def test_several_orders_take_turns():
    dealt = deal(open_rows(), 8, seed=0, n_orders=3)
    index = torch.cat([index for index, _ in dealt]).view(-1, 3)
    for order in index.T:
        assert sorted(order.tolist()) == list(range(40))
    values = torch.cat([values for _, values in dealt])
    np.testing.assert_array_equal(values, X[index.flatten()])
    assert (index[:, 0] != index[:, 1]).any()


def test_small_batches_have_a_row_for_each_member():
    (index, values), *_ = deal(open_rows(), 3, seed=0, n_members=8)
    assert len(index) == 9
    assert index[:3].tolist() == index[3:6].tolist()
    np.testing.assert_array_equal(values, X[index])


def test_labels_go_with_their_rows():
    rows = open_rows([9, 3, 30, 3])
    targets = torch.tensor([[9.0], [3.0], [30.0], [3.0]])
    data = TaskData(rows, targets, torch.ones(4, 1))
    for values, (labels, _) in Batches(data, 3, torch.Generator().manual_seed(0)):
        np.testing.assert_array_equal(values[:, 0], labels[:, 0])


def test_take():
    rows = open_rows([9, 3, 30])
    index = torch.tensor([2, 0, 2])
    np.testing.assert_array_equal(rows.take(index), X[[30, 9, 30]])
    assert rows.example().shape == (1, 2)
    assert rows.row_size == 2


def test_slices_are_restored_to_the_order_of_the_rows():
    chosen = [30, 2, 17, 2, 39]
    rows = open_rows(chosen)
    stacked = torch.cat(list(rows.slices(2)))
    assert stacked[:, 0].tolist() == sorted(chosen)
    np.testing.assert_array_equal(rows.restore(stacked), X[chosen])


def test_slices_of_sorted_rows_stay_as_they_are():
    rows = open_rows(range(3, 20))
    stacked = torch.cat(list(rows.slices(4)))
    assert rows.restore(stacked) is stacked
    np.testing.assert_array_equal(stacked, X[3:20])


@pytest.mark.parametrize("n_orders", [1, 2])
def test_a_single_block_is_dealt_in_any_order(n_orders):
    """With all rows in one window, each comes anywhere, as it does in memory."""
    rows = open_rows(memory_budget=10**5)
    assert len(rows.table.bounds) == 2
    firsts = {
        deal(rows, 1, seed, n_orders=n_orders)[0][0][0].item() for seed in range(99)
    }
    assert len(firsts) > 25
