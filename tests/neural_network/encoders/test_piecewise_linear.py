"""Piecewise-linear features: where in its range a value is."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_mtl.neural_network.encoders import PiecewiseLinearEncoder
from sklearn_mtl.neural_network.encoders._embedding import TrainingColumns
from sklearn_mtl.neural_network.encoders._piecewise_linear import PiecewiseLinear

RNG = np.random.default_rng(0)

tables = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.integers(1, 3)),
    # On a grid, so that values come again and no two are too close to tell apart.
    elements=st.integers(-500, 500).map(lambda k: k / 100),
)


def embed(Z, weights=None, targets=None, **params):
    """Return the module for columns; targets only where they may be asked for."""
    weights = np.ones(len(Z)) if weights is None else weights

    def find_targets():
        assert targets is not None
        return targets

    columns = TrainingColumns(Z, weights, find_targets)
    return PiecewiseLinearEncoder(**params).embed(columns)


def features(module, Z):
    found = module(torch.as_tensor(Z, dtype=torch.float64)).numpy()
    assert found.shape == (len(Z), module.out_features)
    return found


def edges_of(module, column=0):
    """Return the edges of the bins of a column."""
    own = (module.columns == column).numpy()
    lower, slope = module.lower.numpy()[own], module.slope.numpy()[own]
    return np.append(lower, lower[-1:] + 1 / slope[-1:])


def encode_naively(Z, edges):
    """Return x_j, and then min(max((x_j - a) / (b - a), 0), 1) for each bin."""
    rows = []
    for z in Z:
        row = list(z)
        for x, of_column in zip(z, edges, strict=True):
            row += [min(max((x - a) / (b - a), 0), 1) for a, b in pairwise(of_column)]
        rows.append(row)
    return np.array(rows)


def test_the_formula():
    edges = [np.array([-1.0, 0.0, 0.5, 2.0]), np.array([0.0, 1.0, 3.0])]
    Z = RNG.normal(scale=2, size=(50, 2))
    np.testing.assert_allclose(
        features(PiecewiseLinear(edges), Z), encode_naively(Z, edges), atol=1e-12
    )


@settings(max_examples=60, deadline=None)
@given(Z=tables, n_bins=st.integers(2, 8))
def test_edges_are_quantiles_or_all_values(Z, n_bins):
    edges = []
    for z in Z.T:
        values = np.unique(z)
        if len(values) > n_bins + 1:
            # In whole numbers: a quantile jumps where a level is a number of rows.
            places = [-(-k * len(z) // n_bins) for k in range(1, n_bins + 1)]
            values = np.unique(np.sort(z)[[0, *(p - 1 for p in places)]])
        edges.append(values if len(values) > 2 else [])
    found = features(embed(Z, n_bins=n_bins), Z)
    np.testing.assert_allclose(found, encode_naively(Z, edges), atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(Z=tables, bins=st.sampled_from(["quantile", "tree"]))
def test_features_never_fall(Z, bins):
    targets = np.sin(3 * Z)
    module = embed(Z, targets=targets, n_bins=4, bins=bins)
    rising = np.linspace(Z.min(0) - 1, Z.max(0) + 1, 50)
    found = features(module, rising)
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=0) >= 0).all()


@pytest.mark.parametrize("bins", ["quantile", "tree"])
def test_bins_below_a_value_are_full_and_those_above_are_empty(bins):
    Z = RNG.normal(size=(200, 1))
    module = embed(Z, targets=np.sin(4 * Z), n_bins=6, bins=bins)
    edges = edges_of(module)
    assert len(edges) > 3
    for x in RNG.normal(size=20):
        own = features(module, [[x]])[0, 1:]
        assert (own[edges[1:] <= x] == 1).all()
        assert (own[edges[:-1] >= x] == 0).all()
    np.testing.assert_array_equal(features(module, [[-99.0]])[0, 1:], 0)
    np.testing.assert_array_equal(features(module, [[99.0]])[0, 1:], 1)


def test_bins_hold_shares_of_the_rows():
    Z = np.exp(RNG.normal(size=(800, 1)))
    counts, _ = np.histogram(Z, edges_of(embed(Z, n_bins=8)))
    np.testing.assert_allclose(counts, 100, atol=1)


@pytest.mark.parametrize(
    ("values", "n_features"),
    [([0.3], 1), ([-1.0, 2.0], 1), ([-1.0, 0.0, 2.0], 3), ([0.0, 0.1, 0.2, 4.0], 4)],
    ids=["constant", "binary", "three", "four"],
)
@pytest.mark.parametrize("bins", ["quantile", "tree"])
def test_columns_of_few_values(values, n_features, bins):
    """One or two values have no bins; few have an edge at each."""
    rare = values[1:]
    Z = np.array(values[:1] * (100 - len(rare)) + rare)[:, np.newaxis]
    module = embed(Z, targets=Z, n_bins=16, bins=bins)
    assert module.out_features == n_features
    if n_features > 1:
        np.testing.assert_allclose(edges_of(module), values, atol=1e-12)


def test_a_rare_value_among_many_gets_no_bin_of_its_own():
    """Quantiles that coincide are one edge."""
    Z = np.append(np.zeros(90), np.linspace(1, 2, 30))[:, np.newaxis]
    edges = edges_of(embed(Z, n_bins=8))
    assert len(edges) == 3
    assert (np.diff(edges) > 0).all()
    assert edges[0] == 0
    assert edges[-1] == 2


@settings(max_examples=30, deadline=None)
@given(Z=tables, data=st.data())
@pytest.mark.parametrize("bins", ["quantile", "tree"])
def test_a_weight_is_a_number_of_rows(bins, Z, data):
    counts = data.draw(hnp.arrays(np.int64, len(Z), elements=st.integers(0, 3)))
    counts[0] += 1
    targets = np.column_stack([np.sin(3 * Z[:, 0]), Z[:, -1] > 0]).astype(float)
    weighted = embed(Z, counts.astype(float), targets, n_bins=3, bins=bins)
    rows = np.repeat(np.arange(len(Z)), counts)
    repeated = embed(Z[rows], None, targets[rows], n_bins=3, bins=bins)
    assert weighted.out_features == repeated.out_features
    np.testing.assert_allclose(weighted.lower, repeated.lower)
    np.testing.assert_allclose(weighted.slope, repeated.slope)


@pytest.mark.parametrize("threshold", [-1.2, 0.1, 0.9])
def test_a_tree_puts_an_edge_where_the_tasks_jump(threshold):
    """Where a target jumps that only one of the tasks has."""
    Z = RNG.uniform(-2, 2, size=(400, 2))
    targets = np.zeros((400, 3))
    targets[:, 1] = Z[:, 1] > threshold
    module = embed(Z, targets=targets, n_bins=4, bins="tree")
    assert np.abs(edges_of(module, 1) - threshold).min() < 0.03


def test_a_bin_of_a_tree_has_a_hundredth_of_the_rows():
    Z = RNG.normal(size=(1000, 1))
    module = embed(Z, targets=RNG.normal(size=(1000, 1)), n_bins=16, bins="tree")
    counts, _ = np.histogram(Z, edges_of(module))
    assert len(counts) == 16
    assert counts.min() >= 10


def test_quantiles_do_not_ask_for_the_targets():
    embed(RNG.normal(size=(30, 2)), targets=None)


@pytest.mark.parametrize(
    ("n_columns", "n_bins"),
    [(1, 16), (64, 16), (65, 4), (320, 4), (321, 0)],
)
def test_auto_has_fewer_bins_for_more_columns(n_columns, n_bins):
    Z = RNG.normal(size=(60, n_columns))
    assert embed(Z).out_features == n_columns * (1 + n_bins)


def test_many_columns_are_what_they_were():
    Z = RNG.normal(size=(20, 400))
    np.testing.assert_array_equal(features(embed(Z), Z), Z)


def test_no_columns():
    module = embed(np.empty((10, 0)))
    assert module.out_features == 0
    assert features(module, np.empty((4, 0))).shape == (4, 0)


def test_nothing_is_trained():
    assert not list(embed(RNG.normal(size=(20, 2))).parameters())


def test_float32_is_close_to_float64():
    Z = RNG.normal(size=(300, 3))
    module = embed(Z)
    expected = features(module, Z)
    found = module.float()(torch.as_tensor(Z, dtype=torch.float32))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(
    z=hnp.arrays(
        np.float64, st.integers(1, 30), elements=st.floats(-5, 5, allow_subnormal=True)
    )
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_values_however_close_make_finite_features(dtype, z):
    module = embed(z[:, np.newaxis]).to(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = module(torch.as_tensor(z[:, np.newaxis]).to(dtype))
    assert found.isfinite().all()


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"n_bins": 1}, "n_bins.*PiecewiseLinearEncoder must be an int in the range"),
        ({"n_bins": "many"}, "n_bins.*'auto'"),
        ({"bins": "equal"}, "bins.*'quantile', 'tree'|bins.*'tree', 'quantile'"),
    ],
    ids=["one bin", "bad number", "bad bins"],
)
def test_bad_parameters(params, match):
    with pytest.raises(ValueError, match=match):
        embed(np.zeros((3, 1)), **params)
