import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sklearn_mtl._storage import even_bounds, rows_of_block, split_by_block


@given(st.lists(st.integers(0, 29), max_size=40))
def test_sorted_rows_are_split_by_block(rows):
    bounds = np.array([0, 4, 5, 20, 30])
    rows = np.sort(np.array(rows, dtype=int))
    found = list(split_by_block(rows, bounds))
    assert all(len(local) for _, local in found)
    back = [bounds[block] + local for block, local in found]
    np.testing.assert_array_equal(np.concatenate([[], *back]), rows)
    for block, local in found:
        assert (local >= 0).all()
        assert (local < bounds[block + 1] - bounds[block]).all()


@given(n_rows=st.integers(1, 10**6), most=st.integers(1, 10**6))
def test_even_bounds(n_rows, most):
    sizes = np.diff(even_bounds(n_rows, max(most, n_rows // 1000)))
    assert sizes.sum() == n_rows
    assert sizes.min() > 0
    assert sizes.max() <= max(most, n_rows // 1000)
    assert np.ptp(sizes) <= 1


def test_a_block_takes_an_eighth_of_the_budget():
    assert rows_of_block(10, 64_000) * 10 * 8 == 8000
    assert rows_of_block(10, 1) == 1
