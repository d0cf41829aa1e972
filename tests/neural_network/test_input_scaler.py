"""Inputs are standardised, and outliers drawn in."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_mtl.neural_network._input_scaler import (
    ChannelScaler,
    InputScaler,
    channel_moments,
    robust_moments,
    weighted_moments,
)


def scaler_for(X, rows=None, weights=None):
    rows = np.arange(X.shape[0]) if rows is None else rows
    weights = np.ones(len(rows)) if weights is None else weights
    mean, variance = weighted_moments(X, rows, weights)
    return InputScaler(mean, np.sqrt(variance))


def scale(scaler, X):
    return scaler(torch.as_tensor(X, dtype=torch.float64)).numpy()


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(3, 10, size=(200, 4))


def test_most_values_are_nearly_standardised(X):
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    near = np.abs(z) < 1
    np.testing.assert_allclose(scale(scaler_for(X), X)[near], z[near], atol=0.02)


@settings(max_examples=50, deadline=None)
@given(z=st.floats(-1e6, 1e6), limit=st.floats(0.5, 10))
def test_outliers_stay_within_the_limit(z, limit):
    scaler = InputScaler(np.zeros(1), np.ones(1), limit)
    bent = scale(scaler, [[z]])[0, 0]
    assert abs(bent) <= min(limit * (1 + 1e-12), abs(z) * (1 + 1e-12))
    assert np.sign(bent) == np.sign(z)


@settings(max_examples=50, deadline=None)
@given(z=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20))
def test_the_order_of_values_is_kept(z):
    bent = scale(InputScaler(np.zeros(1), np.ones(1)), np.sort(z)[:, None])[:, 0]
    assert (np.diff(bent) >= -1e-12).all()


@pytest.mark.parametrize("constant", [0.0, 1.0, -1e6, 0.1])
def test_a_constant_feature_becomes_zero(constant):
    X = np.full((50, 1), constant)
    np.testing.assert_allclose(scale(scaler_for(X), X), 0, atol=1e-6)


@pytest.mark.parametrize("factor", [1e-12, 1e12])
def test_units_do_not_matter(X, factor):
    expected = scale(scaler_for(X), X)
    np.testing.assert_allclose(scale(scaler_for(X * factor), X * factor), expected)


def test_shifts_do_not_matter(X):
    expected = scale(scaler_for(X), X)
    np.testing.assert_allclose(scale(scaler_for(X + 1e4), X + 1e4), expected, atol=1e-8)


def test_float32_is_close_to_float64(X):
    scaler = scaler_for(X.astype(np.float32)).to(torch.float32)
    single = scaler(torch.as_tensor(X, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(single, scale(scaler_for(X), X), atol=1e-5)


def test_what_is_missing_becomes_zero(X):
    X[3, 1] = np.nan
    scaled = scale(scaler_for(X), X)
    assert scaled[3, 1] == 0
    assert np.isfinite(scaled).all()


def test_nothing_is_trained(X):
    assert not list(scaler_for(X).parameters())


# Moments


def test_moments_are_weighted(X):
    weights = np.random.default_rng(1).uniform(size=200)
    mean, variance = weighted_moments(X, np.arange(200), weights)
    np.testing.assert_allclose(mean, np.average(X, axis=0, weights=weights))
    np.testing.assert_allclose(
        variance, np.average((X - mean) ** 2, axis=0, weights=weights)
    )


def test_integer_weights_are_repeated_rows(X):
    weights = np.random.default_rng(1).integers(0, 4, size=200)
    repeated = np.repeat(np.arange(200), weights)
    for weighted, plain in zip(
        weighted_moments(X, np.arange(200), weights.astype(float)),
        weighted_moments(X, repeated, np.ones(len(repeated))),
        strict=True,
    ):
        np.testing.assert_allclose(weighted, plain)


def test_only_the_chosen_rows_count(X):
    rows = np.array([3, 50, 51, 120])
    mean, variance = weighted_moments(X, rows, np.ones(4))
    np.testing.assert_allclose(mean, X[rows].mean(axis=0))
    np.testing.assert_allclose(variance, X[rows].var(axis=0))


def test_blocks_of_many_rows():
    X = np.random.default_rng(0).normal(size=(10_001, 2)).astype(np.float32)
    mean, variance = weighted_moments(X, np.arange(len(X)), np.ones(len(X)))
    np.testing.assert_allclose(mean, X.mean(axis=0, dtype=np.float64))
    np.testing.assert_allclose(variance, X.var(axis=0, dtype=np.float64))


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
def test_a_sparse_table_has_the_same_moments(container):
    rng = np.random.default_rng(0)
    X = rng.poisson(0.3, size=(100, 5)).astype(np.float64)
    rows, weights = np.arange(0, 100, 3), rng.uniform(size=34)
    dense = weighted_moments(X, rows, weights)
    for a, b in zip(weighted_moments(container(X), rows, weights), dense, strict=True):
        assert a.dtype == np.float64
        np.testing.assert_allclose(a, b)


def test_missing_values_have_no_moments(X):
    gaps = X.copy()
    gaps[::3, 0] = np.nan
    mean, variance = weighted_moments(gaps, np.arange(200), np.ones(200))
    np.testing.assert_allclose(mean, np.nanmean(gaps, axis=0))
    np.testing.assert_allclose(variance, np.nanvar(gaps, axis=0))


# Robust moments


def test_the_center_is_the_median_and_the_spread_that_of_the_quartiles(X):
    levels, method = [0.25, 0.5, 0.75], "inverted_cdf"
    low, median, high = np.quantile(X, levels, axis=0, method=method)
    center, spread = robust_moments(X, np.ones(200))
    np.testing.assert_allclose(center, median)
    np.testing.assert_allclose(spread, (high - low) / 1.349)
    np.testing.assert_allclose(spread, X.std(axis=0), rtol=0.2)


def test_outliers_do_not_matter(X):
    far = X.copy()
    far[:5] *= 1e6
    for moved, plain in zip(
        robust_moments(far, np.ones(200)), robust_moments(X, np.ones(200)), strict=True
    ):
        np.testing.assert_allclose(moved, plain, rtol=0.1, atol=0.5)


@pytest.mark.parametrize(
    "column",
    [
        np.arange(200) % 2,
        np.arange(200) % 5 == 0,
        np.where(np.arange(200) % 10, 0, np.arange(200)),
        np.full(200, 7),
    ],
    ids=["two values", "rarely one", "mostly zero", "constant"],
)
def test_without_quartiles_that_differ_there_are_mean_and_deviation(column):
    X = column[:, np.newaxis].astype(np.float64)
    center, spread = robust_moments(X, np.ones(200))
    np.testing.assert_allclose(center, X.mean(axis=0))
    np.testing.assert_allclose(spread, X.std(axis=0))


def test_integer_weights_are_repeated_rows_for_quartiles_too(X):
    weights = np.random.default_rng(1).integers(0, 4, size=200)
    repeated = np.repeat(X, weights, axis=0)
    np.testing.assert_allclose(
        robust_moments(X, weights.astype(float)),
        robust_moments(repeated, np.ones(len(repeated))),
    )


def test_a_column_without_values_is_zero_and_constant(X):
    X[:, 2] = np.nan
    center, spread = robust_moments(X, np.ones(200))
    assert center[2] == spread[2] == 0


# Channels


@settings(deadline=None)
@given(
    shape=st.sampled_from([(7,), (4, 5), (3, 4, 5)]),
    channel_axis=st.sampled_from([None, 0, -1, -3]),
    n_rows=st.sampled_from([1, 20, 300]),
)
def test_channels_are_standardised(shape, channel_axis, n_rows):
    """By all numbers of a channel; of all channels where a row has no such axis."""
    X = np.random.default_rng(0).normal(50, 9, size=(n_rows, *shape))
    has_axis = channel_axis is not None and channel_axis >= -len(shape)
    channel = 1 + channel_axis % len(shape) if has_axis else None
    others = tuple(axis for axis in range(X.ndim) if axis != channel)
    mean, variance = channel_moments(X, np.arange(n_rows), channel_axis)
    expected_mean = X.mean(axis=others, keepdims=True)[0]
    np.testing.assert_allclose(mean, expected_mean)
    np.testing.assert_allclose(
        variance, X.var(axis=others, keepdims=True)[0], atol=1e-10
    )
    std = X.std(axis=others, keepdims=True)
    if std.min() > 1e-9:
        found = scale(ChannelScaler(mean, variance), X)
        np.testing.assert_allclose(found, (X - expected_mean) / std, atol=1e-9)


def test_a_constant_channel_is_not_blown_up():
    X = np.full((9, 2, 3, 3), 0.1)
    X[:, 1] = np.random.default_rng(0).normal(size=(9, 3, 3))
    found = scale(ChannelScaler(*channel_moments(X, np.arange(9), 0)), X)
    np.testing.assert_allclose(found[:, 0], 0, atol=1e-12)
    np.testing.assert_allclose(found[:, 1].std(), 1)


def test_moments_of_a_sparse_table_of_huge_numbers():
    """Squares that single precision has no number for."""
    X = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32) * 1e30
    rows, weights = np.arange(30), np.ones(30)
    found = weighted_moments(sparse.csr_array(X), rows, weights)
    for one, other in zip(found, weighted_moments(X, rows, weights), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
