"""Shares of a batch cover it, and find their rows in what a network makes of it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sklearn_mtl.neural_network._modules import SeededDropout, seed_dropout
from sklearn_mtl.neural_network._row_share import CurrentRows, RowShare, find_row_axis


@given(n_rows=st.integers(0, 50), n_parts=st.integers(1, 8), unit=st.integers(1, 8))
def test_parts_cover_a_share_once_in_whole_units(n_rows, n_parts, unit):
    whole = RowShare(unit, unit + n_rows, 100)
    parts = whole.divide(n_parts, unit)
    assert len(parts) == n_parts
    rows = [row for part in parts for row in range(part.start, part.stop)]
    assert rows == list(range(unit, unit + n_rows))
    assert all(part.start % unit == 0 for part in parts if len(part))
    assert max(map(len, parts)) - min(map(len, parts)) <= 2 * unit
    assert sum(part.fraction for part in parts) == pytest.approx(n_rows / 100)


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((6, 4), 0), ((5, 6, 4), 1), ((6, 3, 2, 2), 0), ((3, 4), 0), ((5, 4), None)],
    ids=["rows", "tasks first", "images", "every other row", "other rows"],
)
def test_axis_of_the_rows(shape, axis):
    assert find_row_axis(shape, 6) == axis


@given(
    n_rows=st.integers(2, 20),
    n_parts=st.integers(1, 4),
    n_copies=st.integers(0, 3),
    seed=st.integers(0, 5),
)
def test_parts_get_the_dropout_of_the_whole(n_rows, n_parts, n_copies, seed):
    """Of rows (n, d), or of several copies of them (k, n, d)."""
    X = torch.ones(*[n_copies] * bool(n_copies), n_rows, 5)
    layer = SeededDropout(0.5)

    def draw(share):
        rows = CurrentRows()
        rows.share = share
        seed_dropout(layer, torch.Generator().manual_seed(seed), rows)
        return layer(X.narrow(-2, share.start, len(share)))

    whole = RowShare(0, n_rows, n_rows)
    parts = [draw(part) for part in whole.divide(n_parts, 1) if len(part)]
    assert torch.equal(torch.cat(parts, -2), draw(whole))


def test_every_other_row_gets_its_dropout():
    """Where two networks take turns, each has half of the rows of a part."""
    layer, found = SeededDropout(0.5), []
    for share in RowShare(0, 12, 12).divide(3, 2):
        rows = CurrentRows()
        rows.share = share
        seed_dropout(layer, torch.Generator().manual_seed(0), rows)
        found.append(layer(torch.ones(len(share) // 2, 4)))
    seed_dropout(layer, torch.Generator().manual_seed(0))
    assert torch.equal(torch.cat(found), layer(torch.ones(6, 4)))


def test_rows_that_are_not_found_draw_from_elsewhere():
    """So that what all processes draw from stays the same in all of them."""
    rows = CurrentRows(torch.Generator().manual_seed(1))
    rows.share = RowShare(0, 4, 8)
    layer, common = SeededDropout(0.5), torch.Generator().manual_seed(0)
    before = common.get_state()
    seed_dropout(layer, common, rows)
    layer(torch.ones(3, 2))
    assert torch.equal(common.get_state(), before)
    assert set(layer(torch.ones(3, 2)).unique().tolist()) <= {0.0, 2.0}
