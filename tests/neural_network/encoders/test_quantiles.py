"""Quantiles of weighted rows."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_mtl.neural_network.encoders._quantiles import weighted_quantiles

LEVELS = [0, 0.1, 0.25, 0.5, 0.75, 1]

tables = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 30), st.integers(1, 3)),
    elements=st.floats(-1e6, 1e6),
)


@settings(max_examples=60, deadline=None)
@given(X=tables)
def test_rows_that_weigh_the_same(X):
    expected = np.quantile(X, LEVELS, axis=0, method="inverted_cdf")
    np.testing.assert_array_equal(
        weighted_quantiles(X, np.ones(len(X)), LEVELS), expected
    )


@settings(max_examples=60, deadline=None)
@given(X=tables, data=st.data())
def test_a_weight_is_a_number_of_rows(X, data):
    counts = data.draw(hnp.arrays(np.int64, len(X), elements=st.integers(0, 4)))
    counts[data.draw(st.integers(0, len(X) - 1))] = 2
    repeated = np.repeat(X, counts, axis=0)
    np.testing.assert_array_equal(
        weighted_quantiles(X, counts.astype(float), LEVELS),
        np.quantile(repeated, LEVELS, axis=0, method="inverted_cdf"),
    )


@settings(max_examples=30, deadline=None)
@given(X=tables, factor=st.floats(1e-3, 1e3))
def test_only_shares_of_the_weight_count(X, factor):
    weights = np.arange(1.0, len(X) + 1)
    np.testing.assert_array_equal(
        weighted_quantiles(X, weights * factor, LEVELS),
        weighted_quantiles(X, weights, LEVELS),
    )


@settings(max_examples=30, deadline=None)
@given(X=tables, seed=st.integers(0, 100))
def test_missing_values_are_left_out(X, seed):
    rng = np.random.default_rng(seed)
    column, weights = X[:, 0], rng.uniform(0.5, 2, len(X))
    missing = rng.random(len(X)) < 0.5
    missing[0] = False
    with_gaps = np.where(missing, np.nan, column)[:, np.newaxis]
    np.testing.assert_array_equal(
        weighted_quantiles(with_gaps, weights, LEVELS),
        weighted_quantiles(with_gaps[~missing], weights[~missing], LEVELS),
    )


def test_a_column_without_values_has_none():
    X = np.column_stack([np.full(4, np.nan), np.arange(4.0)])
    found = weighted_quantiles(X, np.ones(4), [0, 1])
    np.testing.assert_array_equal(found, [[np.nan, 0], [np.nan, 3]])


def test_no_row_has_a_weight():
    found = weighted_quantiles(np.ones((3, 2)), np.zeros(3), [0.5])
    np.testing.assert_array_equal(found, [[np.nan, np.nan]])
