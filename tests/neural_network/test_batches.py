"""Batches visit every row once."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_mtl.neural_network._batches import Batches, TaskData
from sklearn_mtl.neural_network._rows import TableRows


def numbered(n, X=None, rows=None):
    """Return data whose only feature, target and weight are the row's number."""
    number = torch.arange(n, dtype=torch.float32)[:, None]
    if X is None:
        X = number.numpy().copy()
    chosen = number if rows is None else number[rows]
    return TaskData(TableRows(X, "cpu", torch.float32, rows), chosen, chosen + 1)


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


def test_batches_are_new_tensors():
    """What an encoder does to its input in place leaves the table as it is."""
    X = np.ones((10, 3), dtype=np.float32)
    for batch, _ in Batches(
        TaskData(TableRows(X, "cpu", torch.float32), *2 * [torch.ones(10, 1)]), 4
    ):
        batch.zero_()
    assert (X == 1).all()


def by_network(batches, n_networks):
    """Return the order in which each network gets its rows."""
    parts = [X[:, 0].int() for X, _ in batches]
    return [torch.cat([p[j::n_networks] for p in parts]) for j in range(n_networks)]


def test_networks_take_turns_and_have_orders_of_their_own():
    orders = by_network(Batches(numbered(20), 6, seeded(), n_networks=3), 3)
    assert len({tuple(order.tolist()) for order in orders}) == 3
    for order in orders:
        assert sorted(order.tolist()) == list(range(20))


@settings(deadline=None)
@given(data=st.data(), batch_size=st.integers(1, 20))
def test_networks_get_rows_of_their_own(data, batch_size):
    """All of them, but for what one has more than another."""
    rows = st.lists(st.integers(0, 29), min_size=1, unique=True)
    own = data.draw(st.lists(rows, min_size=1, max_size=4))
    given = numbered(30)
    given.own_rows = [torch.tensor(part) for part in own]
    batches = Batches(given, batch_size, seeded(), n_networks=len(own))
    orders = by_network(batches, len(own))
    n = min(map(len, own))
    assert len(batches) == len(list(batches))
    for order, part in zip(orders, own, strict=True):
        assert len(set(order.tolist())) == len(order) == n
        assert set(order.tolist()) <= set(part)


def test_batches_of_rows_that_take_turns_are_whole_turns():
    given = numbered(24)
    given.n_turns = 3
    batches = list(Batches(given, 4))
    assert [len(X) for X, _ in batches] == [6, 6, 6, 6]
    assert order_of(batches) == list(range(24))


def test_a_batch_has_a_row_for_each_member():
    (first, _), *_ = Batches(numbered(3), 3, seeded(), n_members=8)
    assert len(first) == 9
