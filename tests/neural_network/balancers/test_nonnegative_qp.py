"""The quadratic programs that several balancers come down to."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import nnls

from sklearn_mtl.neural_network.balancers._base import SolverError
from sklearn_mtl.neural_network.balancers._nonnegative_qp import (
    solve_nonnegative_qp,
    solve_nonnegative_qps,
)

# Vectors of these are linearly dependent or clearly not.
SMALL = st.integers(-8, 8).map(lambda k: k / 4)


def cosines(rows):
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    first = np.eye(1, rows.shape[1])
    units = np.where(lengths > 1e-3, rows / np.maximum(lengths, 1e-3), first)
    return units, units @ units.T


@given(
    rows=arrays(np.float64, (5, 3), elements=SMALL),
    target=arrays(np.float64, 3, elements=SMALL),
)
@example(
    # The solution is large, and its rounding with it.
    rows=np.array(
        [[1, 0, 0], [0, -1, 0], [0, 1e-4, 1], [1, 0, -1], [-1, 0, 0]], dtype=float
    ),
    target=np.array([0.0, -1.0, 0.0]),
)
@settings(max_examples=200, deadline=None)
def test_nonnegative_least_squares(rows, target):
    """Minimising ½|z'U + t|² is a program with a linear term in the range."""
    U, C = cosines(rows)
    (z,) = solve_nonnegative_qps(C, (U @ target)[np.newaxis])
    assert z.min() >= 0
    residual = z @ U + target
    # No row points down, and the combination has no part along the residual.
    assert (U @ residual).min() >= -1e-6
    assert residual @ (z @ U) == pytest.approx(0, abs=1e-6)
    assert np.linalg.norm(residual) <= nnls(U.T, -target)[1] + 1e-6


@given(
    rows=arrays(np.float64, (5, 3), elements=SMALL),
    q=arrays(np.float64, 5, elements=SMALL),
)
@settings(max_examples=200, deadline=None)
def test_minimum_or_a_way_down(rows, q):
    U, C = cosines(rows)
    z, exists = solve_nonnegative_qp(C, q)
    assert z.min() >= 0
    if exists:
        derivative = C @ z + q
        scale = max(np.abs(q).max(), np.abs(z).max())
        assert derivative.min() >= -1e-9 * scale
        np.testing.assert_allclose(derivative[z > 0], 0, atol=1e-9 * scale)
    else:
        assert np.linalg.norm(z @ U) <= 1e-6 * z.max()
        assert q @ z < 0


@pytest.mark.parametrize("n", [1, 10, 40])
def test_many_at_once(n):
    rng = np.random.default_rng(n)
    _, C = cosines(rng.normal(size=(n, 2 * n)))
    Q = rng.normal(size=(7, n))
    each = [solve_nonnegative_qp(C, q)[0] for q in Q]
    np.testing.assert_array_equal(solve_nonnegative_qps(C, Q), each)


def test_one_that_is_not_convex_fails():
    with pytest.raises(SolverError, match="was not solved"):
        solve_nonnegative_qps(-np.eye(2), -np.ones((1, 2)))
