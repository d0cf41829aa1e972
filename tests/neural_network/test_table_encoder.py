"""What makes features of a table: a common scale, gaps, embeddings, categories."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from torch import nn

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._input_scaler import InputScaler, robust_moments
from sklearn_mtl.neural_network._table_encoder import learn_table_encoder
from sklearn_mtl.neural_network.encoders import PiecewiseLinearEncoder

RNG = np.random.default_rng(0)
NAN = np.nan


def learn(table, rows=None, weights=None, *, scale=True, embedding=None, sizes=None):
    n = table.shape[0]
    rows = np.arange(n) if rows is None else rows
    weights = np.ones(len(rows)) if weights is None else weights
    return learn_table_encoder(
        table,
        rows,
        weights,
        scale=scale,
        embedding=embedding,
        n_categories=sizes or {},
        find_targets=lambda places: table[rows[places]][:, :1],
    ).double()


def features(encoder, X):
    found = encoder(torch.as_tensor(X, dtype=torch.float64)).detach().numpy()
    assert found.shape == (len(X), encoder.out_features)
    return found


def test_numbers_are_scaled():
    X = RNG.normal(3, 100, size=(50, 4))
    encoder = learn(X)
    scaler = InputScaler(*robust_moments(X, np.ones(50)))
    np.testing.assert_allclose(features(encoder, X), features_of(scaler, X))
    assert encoder.only_scales


def features_of(module, X):
    return module(torch.as_tensor(X, dtype=torch.float64)).numpy()


def test_without_scaling_they_stay_as_they_are():
    X = RNG.normal(3, 100, size=(50, 4))
    np.testing.assert_array_equal(features(learn(X, scale=False), X), X)


def test_missing_numbers_are_the_center():
    """The median, which the scale maps to 0."""
    X = RNG.normal(3, 2, size=(51, 2))
    filled = X.copy()
    X[:20, 1], filled[:20, 1] = NAN, np.median(X[20:, 1])
    encoder = learn(X)
    np.testing.assert_allclose(features(encoder, X)[:20, 1], 0)
    np.testing.assert_allclose(
        features(encoder, X)[:, :2], features(encoder, filled)[:, :2], atol=1e-12
    )


@settings(max_examples=40, deadline=None)
@given(
    missing=st.lists(
        st.lists(st.booleans(), min_size=3, max_size=3), min_size=2, max_size=8
    )
)
def test_columns_with_gaps_have_an_indicator(missing):
    missing = np.array(missing)
    X = np.where(missing, NAN, np.arange(missing.size).reshape(missing.shape))
    found = features(learn(X), X)
    columns = missing.any(axis=0)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[:, 3:], missing[:, columns])


def test_gaps_that_were_not_in_training_have_none():
    X = RNG.normal(size=(30, 2))
    encoder = learn(X)
    assert encoder.out_features == 2
    found = features(encoder, np.where(np.eye(2), NAN, 1.0))
    np.testing.assert_array_equal(np.diag(found), 0)
    assert (found[[0, 1], [1, 0]] != 0).all()


def test_a_column_of_gaps():
    X = np.column_stack([RNG.normal(size=30), np.full(30, NAN)])
    encoder = learn(X, embedding=PiecewiseLinearEncoder())
    found = features(encoder, np.vstack([X, [[0.0, 3.0]]]))
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[:30, -1], 1)
    assert found[30, -1] == 0


def test_only_the_rows_with_weight_are_learnt_from():
    X = RNG.normal(size=(60, 3))
    X[40:, 2] = NAN
    sizes = {0: 3}
    X[:, 0] = RNG.integers(0, 2, 60)
    X[40:, 0] = 2
    rows = np.arange(40)
    weights = RNG.uniform(0.5, 2, 40)
    torch.manual_seed(0)
    expected = learn(X[:40], None, weights, sizes=sizes)
    by_rows = learn(X, rows, weights, sizes=sizes)
    by_weights = learn(X, None, np.append(weights, np.zeros(20)), sizes=sizes)
    for encoder in (by_rows, by_weights):
        np.testing.assert_allclose(features(encoder, X), features(expected, X))


def test_parts_are_side_by_side():
    """Embedded numbers, indicators of gaps, vectors of categories."""
    X = RNG.normal(size=(80, 4))
    X[:, 1] = RNG.integers(0, 3, 80)
    X[:5, 3] = NAN
    X[5:9, 1] = NAN
    embedding = PiecewiseLinearEncoder(n_bins=4)
    encoder = learn(X, embedding=embedding, sizes={1: 3})
    assert not encoder.only_scales
    numbers = learn(X[:, [0, 2, 3]], embedding=embedding)
    expected = features(numbers, X[:, [0, 2, 3]])
    one_hot = X[:, [1]] == np.arange(3)
    shares = one_hot.sum(0) / one_hot.sum()
    vectors = np.where(one_hot.any(1, keepdims=True), one_hot, shares)
    np.testing.assert_allclose(
        features(encoder, X), np.hstack([expected, vectors]), atol=1e-12
    )


def test_categories_alone():
    X = RNG.integers(0, 2, (20, 2)).astype(float)
    for embedding in (None, PiecewiseLinearEncoder()):
        found = features(learn(X, sizes={0: 2, 1: 2}, embedding=embedding), X)
        expected = np.column_stack([X[:, 0] == 0, X[:, 0] == 1, X[:, 1] == 0, X[:, 1]])
        np.testing.assert_array_equal(found, expected)


def test_categories_that_no_row_has():
    X = np.column_stack([RNG.normal(size=20), np.full(20, NAN)])
    found = features(learn(X, sizes={1: 0}), X)
    np.testing.assert_array_equal(found[:, 1], 0)


def test_sparse_tables_are_standardised():
    X = sparse.random_array((200, 6), density=0.3, rng=0, format="csr")
    dense = X.toarray()
    encoder = learn(X)
    z = (dense - dense.mean(0)) / dense.std(0)
    expected = z / np.sqrt(1 + (z / 5) ** 2)
    np.testing.assert_allclose(features(encoder, dense), expected, atol=1e-6)
    assert encoder.only_scales


def test_sparse_tables_are_embedded_as_dense_ones():
    X = sparse.random_array((100, 3), density=0.3, rng=0, format="csr")
    embedding = PiecewiseLinearEncoder(n_bins=3)
    np.testing.assert_allclose(
        features(learn(X, embedding=embedding), X.toarray()),
        features(learn(X.toarray(), embedding=embedding), X.toarray()),
    )


def test_a_large_table_is_learnt_from_some_of_its_rows(monkeypatch):
    """Spread over all of it."""
    module = "sklearn_mtl.neural_network._table_encoder._MAX_NUMBERS"
    monkeypatch.setattr(module, 300)

    class Table:
        shape = (1000, 3)
        seen = ()

        def __getitem__(self, rows):
            self.seen = rows
            return np.column_stack([rows, rows % 7, rows])

    table = Table()
    encoder = learn(table)
    assert len(table.seen) <= 100
    assert table.seen[-1] > 980
    middle = features(encoder, [[500.0, 3.0, 500.0]])
    np.testing.assert_allclose(middle[0, [0, 2]], 0, atol=0.05)


def test_nothing_but_embeddings_is_trained():
    X = RNG.normal(size=(30, 2))
    assert not list(learn(X).parameters())
    assert len(list(learn(np.abs(X).round(), sizes={0: 9}).parameters())) == 1


# The scale


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("shift", [0.0, -7.0])
def test_moments_of_a_normal_column_are_its_mean_and_deviation(scale, shift):
    X = (RNG.normal(size=(20_000, 1)) + shift) * scale
    center, spread = robust_moments(X, np.ones(len(X)))
    assert center[0] == pytest.approx(shift * scale, abs=0.03 * scale)
    assert spread[0] == pytest.approx(scale, rel=0.03)


def test_outliers_do_not_move_the_scale():
    X = RNG.normal(size=(1000, 1))
    clean = robust_moments(X, np.ones(1000))
    X[:20] = 1e30
    np.testing.assert_allclose(robust_moments(X, np.ones(1000)), clean, atol=0.1)


@pytest.mark.parametrize(
    "column",
    [
        np.repeat([0.0, 1.0], 50),
        np.append(np.ones(3), np.zeros(97)),
        np.append(np.arange(20.0), np.zeros(80)),
    ],
    ids=["binary", "rare", "mostly zero"],
)
def test_columns_without_quartiles_are_standardised(column):
    center, spread = robust_moments(column[:, np.newaxis], np.ones(100))
    assert center[0] == pytest.approx(column.mean())
    assert spread[0] == pytest.approx(column.std())


@settings(max_examples=50, deadline=None)
@given(
    column=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    factor=st.sampled_from([2.0**-20, 1.0, 2.0**20]),
)
def test_moments_follow_units(column, factor):
    X = np.array(column)[:, np.newaxis]
    center, spread = robust_moments(X, np.ones(len(X)))
    scaled = robust_moments(X * factor, np.ones(len(X)))
    np.testing.assert_allclose(scaled[0], center * factor)
    np.testing.assert_allclose(scaled[1], spread * factor, atol=1e-9 * factor)


@settings(max_examples=50, deadline=None)
@given(data=st.data(), n=st.integers(1, 30))
def test_a_weight_is_a_number_of_rows(data, n):
    values = st.sampled_from([*np.linspace(-3, 3, 13), NAN])
    X = np.array(data.draw(st.lists(values, min_size=n, max_size=n)))[:, np.newaxis]
    counts = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    repeated = np.repeat(X, counts, axis=0)
    if not len(repeated):
        repeated = np.full((1, 1), NAN)
    found = robust_moments(X, np.array(counts, dtype=float))
    expected = robust_moments(repeated, np.ones(len(repeated)))
    np.testing.assert_allclose(found, expected, atol=1e-12)


# Networks

X, Y = make_multitask_classification(120, 4, n_tasks=2, random_state=0)
GAPS = np.where(RNG.random(X.shape) < 0.2, NAN, X)


def fit(X, **params):
    settings = {"hidden_layer_sizes": (8,), "max_epochs": 3, "random_state": 0}
    return MultiTaskNetClassifier(**settings | params).fit(X, Y)


@pytest.mark.parametrize("encoder", ["auto", None, "periodic", "linear_relu"])
def test_values_may_be_missing(encoder):
    net = fit(GAPS, encoder=encoder)
    for table in (GAPS, X, np.full((3, 4), NAN)):
        assert np.isfinite(net.predict_proba(table)).all()
    net = fit(X, encoder=encoder)
    assert np.isfinite(net.predict_proba(GAPS)).all()


def test_gaps_say_something():
    """The label is whether a value is missing."""
    labels = np.isnan(GAPS[:, :2]).astype(int)
    net = MultiTaskNetClassifier((16,), early_stopping=False, random_state=0)
    assert net.fit(GAPS, labels).score(GAPS, labels) > 0.97


def test_values_may_be_missing_from_sparse_tables():
    table = sparse.csr_array(np.where(RNG.random(X.shape) < 0.5, 0, GAPS))
    net = fit(table)
    assert np.isfinite(net.predict_proba(table)).all()


@pytest.mark.parametrize(
    "params",
    [
        {"preprocess": False},
        {"preprocess": False, "encoder": "piecewise_linear"},
        {"encoder": nn.LazyLinear},
        {"encoder": "conv"},
    ],
    ids=["preprocess=False", "embedding", "own encoder", "conv"],
)
def test_values_may_not_be_missing_where_nothing_fills_them(params):
    table = GAPS
    if params.get("encoder") == "conv":
        table = np.broadcast_to(GAPS[:, None, :, None], (120, 1, 4, 4))
    with pytest.raises(ValueError, match="Input X contains NaN"):
        fit(table, **params)


def test_infinite_values_are_refused():
    with pytest.raises(ValueError, match="infinity"):
        fit(np.where(GAPS > 2, np.inf, GAPS))
    with pytest.raises(ValueError, match="infinity"):
        fit(GAPS).predict(np.full((1, 4), -np.inf))


def test_tags_say_whether_values_may_be_missing():
    tags = [
        MultiTaskNetClassifier(**params).__sklearn_tags__().input_tags.allow_nan
        for params in ({}, {"preprocess": False}, {"encoder": "conv"})
    ]
    assert tags == [True, False, False]


@pytest.mark.parametrize("freeze", [True, False, "gradual"])
def test_tasks_that_are_transferred_fill_gaps_too(freeze):
    net = fit(GAPS, n_iter_no_change=1)
    net.transfer(GAPS, Y[:, 0], name="new", freeze=freeze)
    assert np.isfinite(net.predict_proba(GAPS)).all()


def test_the_rest_of_the_rows_is_not_learnt_from():
    """Neither those without labels, nor those set aside for early stopping."""
    labels = np.where(np.arange(120)[:, np.newaxis] < 80, Y, NAN)
    far = np.where(np.arange(120)[:, np.newaxis] < 80, X, 1e9)
    settings = {"hidden_layer_sizes": (8,), "max_epochs": 3, "random_state": 0}
    first = MultiTaskNetClassifier(**settings).fit(X, labels)
    second = MultiTaskNetClassifier(**settings).fit(far, labels)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
