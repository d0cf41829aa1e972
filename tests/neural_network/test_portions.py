"""Portions hold their rows, and together all that a batch holds."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from sklearn_mtl.neural_network._portions import Parts, join, whole_portion
from sklearn_mtl.neural_network._row_share import CurrentRows, RowShare


def make_batch(n_rows=10):
    number = torch.arange(n_rows, dtype=torch.float32)[:, None]
    return number, (number + 0.5, number % 3)


@given(n_rows=st.integers(1, 30), n_parts=st.integers(1, 9), unit=st.integers(1, 4))
def test_parts_hold_all_rows_once(n_rows, n_parts, unit):
    X, (targets, weights) = make_batch(n_rows)
    parts = Parts(whole_portion((X, (targets, weights))), n_parts, unit)
    found = [part.batch for part in parts]
    assert 1 <= len(found) == len(parts) <= n_parts
    assert torch.equal(torch.cat([X for X, _ in found]), X)
    assert torch.equal(torch.cat([y for _, (y, _) in found]), targets)
    assert torch.equal(torch.cat([w for _, (_, w) in found]), weights)


@given(n_rows=st.integers(1, 12), n=st.integers(1, 6), unit=st.integers(1, 4))
def test_portions_of_processes_count_each_label_once(n_rows, n, unit):
    """Who has no rows has some to go through, which do not count."""
    batch = make_batch(n_rows)
    shares = RowShare(0, n_rows, n_rows).divide(n, unit)
    portions = [whole_portion(batch).cut(share, unit) for share in shares]
    counted = torch.stack([portion.batch[1][1].sum(0) for portion in portions]).sum(0)
    assert torch.equal(counted, batch[1][1].sum(0))
    assert all(torch.equal(portion.seen, counted) for portion in portions)
    assert all(len(portion.batch[0]) for portion in portions)


def test_parts_begin_with_the_same_draws_and_tell_which_rows_come():
    current, generator = CurrentRows(), torch.Generator().manual_seed(0)
    parts = Parts(whole_portion(make_batch()), 3, 1, current, generator)
    seen = []
    for _ in parts:
        assert current.share is not None
        seen.append((current.share.start, torch.rand((), generator=generator).item()))
    assert [start for start, _ in seen] == [0, 3, 6]
    assert len({draw for _, draw in seen}) == 1
    assert current.share is None


def test_steps_are_joined():
    steps = [
        {"loss": torch.tensor(loss), "y_pred": rows, "losses": 2 * rows}
        for loss, rows in ((1.0, torch.ones(2, 3)), (0.5, torch.zeros(1, 3)))
    ]
    joined = join(steps)
    assert joined["loss"] == 1.5
    assert joined["y_pred"].shape == joined["losses"].shape == (3, 3)
    assert join(steps[:1]) is steps[0]
