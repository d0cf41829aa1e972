"""Tables as they come: whatever the scales, tails, gaps and shapes of their columns."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier, MultiTaskNetRegressor

SEEDS = range(3)


def make(**params):
    defaults = {"hidden_layer_sizes": (48,), "max_epochs": 50, "random_state": 0}
    return MultiTaskNetClassifier(**defaults | params)


def generate(seed, n=400, n_test=2000):
    """Return rows of three tasks with bends, products and waves, most for a test."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + n_test, 8))
    signal = np.column_stack(
        [
            X[:, 0] + np.abs(X[:, 1]) - 0.8,
            X[:, 1] * X[:, 2] + X[:, 0],
            np.sin(2 * X[:, 3]) + X[:, 0] - 0.5 * X[:, 4],
        ]
    )
    Y = (signal + 0.5 * rng.normal(size=signal.shape) > 0).astype(int)
    return X, Y


def find_auc(X, Y, seed, n=400, **params):
    """Return the mean AUC over the tasks, on the rows after the first n."""
    net = make(random_state=seed, **params).fit(X[:n], Y[:n])
    proba = net.predict_proba(X[n:])
    return np.mean([roc_auc_score(Y[n:, t], p[:, 1]) for t, p in enumerate(proba)])


@pytest.fixture(scope="module")
def clean_aucs():
    return [find_auc(*generate(seed), seed) for seed in SEEDS]


# Columns that are not clean


def in_other_units(X, rng):
    return X * 10.0 ** rng.uniform(-6, 6, X.shape[1])


def some_times_a_million(X, rng):
    return X * np.where(np.arange(X.shape[1]) % 2, 1e6, 1)


def shifted(X, rng):
    return X + rng.uniform(-100, 100, X.shape[1])


def with_heavy_tails(X, rng):
    """As heavy as those of a Cauchy distribution."""
    return X * np.exp(X**2 / 2)


def with_constants(X, rng):
    constants = np.ones((len(X), 1)) * [3, 0, -1e6]
    return np.hstack([X, constants])


def with_near_constants(X, rng):
    noise = 1 + 1e-9 * rng.normal(size=(len(X), 2))
    rare = rng.random((len(X), 1)) < 0.002
    return np.hstack([X, noise, rare])


def with_duplicates(X, rng):
    return np.hstack([X, X[:, :4]])


def with_gaps(X, rng):
    """Columns of which most is missing, beside what they say."""
    some = np.where(rng.random((len(X), 3)) < 0.6, np.nan, X[:, :3])
    return np.hstack([X, some, np.full((len(X), 1), np.nan)])


CHANGES = [
    in_other_units,
    some_times_a_million,
    shifted,
    with_heavy_tails,
    with_constants,
    with_near_constants,
    with_duplicates,
    with_gaps,
]


@pytest.mark.parametrize("change", CHANGES)
def test_columns_that_are_not_clean_cost_less_than_half_a_point(change, clean_aucs):
    costs = []
    for seed, clean in zip(SEEDS, clean_aucs, strict=True):
        X, Y = generate(seed)
        changed = change(X, np.random.default_rng(seed))
        costs.append(clean - find_auc(changed, Y, seed))
    assert np.mean(costs) < 0.005


def test_heavy_tails_of_noise_cost_no_more_than_noise():
    costs = []
    for seed in SEEDS[:2]:
        X, Y = generate(seed)
        rng = np.random.default_rng(seed)
        shape = len(X), 2
        normal, cauchy = (
            find_auc(np.hstack([X, noise]), Y, seed)
            for noise in (rng.normal(size=shape), rng.standard_cauchy(shape))
        )
        costs.append(normal - cauchy)
    assert np.mean(costs) < 0.005


@pytest.mark.parametrize("encoder", ["auto", None])
def test_nobody_needs_a_standard_scaler(encoder):
    rng = np.random.default_rng(0)
    X, Y = load_digits_tasks(return_X_y=True)
    X = X * 10.0 ** rng.uniform(-4, 4, X.shape[1]) + rng.uniform(-5, 5, X.shape[1])
    scores = [
        make(encoder=encoder, max_epochs=25)
        .fit(table[:1000], Y[:1000])
        .score(table[1000:], Y[1000:])
        for table in (X, StandardScaler().fit_transform(X))
    ]
    assert scores[0] > scores[1] - 0.005


@pytest.mark.parametrize("encoder", ["auto", None, "periodic", "linear_relu"])
@pytest.mark.parametrize("factor", [1e-9, 1e-3, 1e6])
def test_units_do_not_matter(factor, encoder):
    X, Y = generate(0, n=200, n_test=100)
    params = {"encoder": encoder, "max_epochs": 5}
    net, other = make(**params).fit(X[:200], Y[:200]), make(**params)
    other.fit((X * factor)[:200], Y[:200])
    for p, q in zip(net.predict_proba(X), other.predict_proba(X * factor), strict=True):
        np.testing.assert_allclose(p, q, atol=2e-3)


def test_shifts_do_not_matter():
    X, Y = generate(0, n=200, n_test=100)
    net = make(max_epochs=5).fit(X, Y)
    other = make(max_epochs=5).fit(X + 64, Y)
    for p, q in zip(net.predict_proba(X), other.predict_proba(X + 64), strict=True):
        np.testing.assert_allclose(p, q, atol=5e-3)


def test_the_order_of_the_columns_does_not_matter_much(clean_aucs):
    """But for the first weights, which are drawn."""
    aucs = []
    for seed in SEEDS:
        X, Y = generate(seed)
        order = np.random.default_rng(seed).permutation(X.shape[1])
        aucs.append(find_auc(X[:, order], Y, seed))
    assert abs(np.mean(aucs) - np.mean(clean_aucs)) < 0.01


def test_frames_are_their_numbers():
    X, Y = generate(0, n=100, n_test=0)
    frame = pd.DataFrame(X, columns=list("abcdefgh")).astype({"a": "Float64"})
    net, other = make(max_epochs=3).fit(X, Y), make(max_epochs=3).fit(frame, Y)
    np.testing.assert_array_equal(net.predict_proba(X), other.predict_proba(frame))


@settings(max_examples=25, deadline=None)
@given(
    X=hnp.arrays(
        np.float64,
        st.tuples(st.integers(2, 30), st.integers(1, 4)),
        elements=st.floats(-1e30, 1e30) | st.just(np.nan),
    )
)
def test_probabilities_whatever_the_numbers(X):
    Y = np.column_stack([np.arange(len(X)) % 2, np.arange(len(X)) < len(X) // 2])
    net = make(hidden_layer_sizes=(4,), max_epochs=2).fit(X, Y.astype(int))
    for table in (X, -X, np.zeros_like(X)):
        proba = np.stack(net.predict_proba(table))
        np.testing.assert_allclose(proba.sum(2), 1, atol=1e-6)


# Shapes


@pytest.mark.parametrize("preset", ["fast", "default", "best", "plain"])
@pytest.mark.parametrize("n_columns", [1, 3])
@pytest.mark.parametrize("n", [2, 3, 9])
def test_small_tables(n, n_columns, preset):
    """Of fewer rows than members, too."""
    X = np.arange(n * n_columns, dtype=float).reshape(n, n_columns)
    labels = np.column_stack([np.arange(n) % 2, np.arange(n) == 0]).astype(int)
    net = make(preset=preset, max_epochs=30).fit(X, labels)
    assert np.stack(net.predict_proba(X)).shape == (2, n, 2)
    assert np.isfinite(net.predict_proba(X)).all()


def test_few_rows_are_learnt_by_heart():
    X, Y = np.array([[0.0], [1.0], [2.0]]), np.array([0, 1, 0])
    net = MultiTaskNetClassifier((64,), random_state=0).fit(X, Y)
    np.testing.assert_array_equal(net.predict(X), Y)


def test_a_single_row():
    with pytest.warns(UserWarning, match="a single class"):
        net = make().fit([[1.0, 2.0]], [["a", "b"]])
    np.testing.assert_array_equal(net.predict([[7.0, 8.0]]), [["a", "b"]])
    regressor = MultiTaskNetRegressor(max_epochs=2).fit([[1.0]], [[3.0, 5.0]])
    np.testing.assert_allclose(regressor.predict([[1.0]]), [[3, 5]], atol=0.1)


def test_a_single_column():
    X, _ = generate(0, n=600, n_test=0)
    x, y = X[:, :1], (np.abs(X[:, 0]) > 0.7).astype(int)
    net = make(max_epochs=100).fit(x[:400], y[:400])
    assert net.score(x[400:], y[400:]) > 0.95


@pytest.mark.parametrize("constant", [0.0, -1e9, np.nan])
def test_a_table_that_says_nothing(constant):
    """Classes have the probabilities that they have in training."""
    X = np.full((200, 3), constant)
    Y = np.repeat([[0, 1], [1, 1], [1, 0], [1, 0]], 50, axis=0)
    net = make(max_epochs=20, early_stopping=False).fit(X, Y)
    proba = np.stack(net.predict_proba(X))[:, :, 1]
    np.testing.assert_allclose(proba.T, np.full((200, 2), [0.75, 0.5]), atol=0.03)


@pytest.mark.parametrize("batch_size", [2, 8])
def test_batches_of_fewer_rows_than_members(batch_size):
    X, Y = generate(0, n=100, n_test=400)
    aucs = [
        find_auc(X, Y, 0, n=100, batch_size=batch_size, n_members=k, max_epochs=8)
        for k in (1, 8)
    ]
    assert aucs[1] > aucs[0] - 0.03


def test_a_linear_model():
    """Additive, with bends in each column."""
    X, Y = generate(0)
    auc = find_auc(X, Y[:, [0, 2]], 0, hidden_layer_sizes=(), max_epochs=80)
    assert auc > 0.85
    plain = {"hidden_layer_sizes": (), "encoder": None, "max_epochs": 80}
    assert auc > find_auc(X, Y[:, [0, 2]], 0, **plain)


@pytest.mark.parametrize("encoder", ["auto", "piecewise_linear", "linear_relu"])
def test_many_columns(encoder):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 1000))
    Y = (X[:, :1] + [0, 0.3] > 0).astype(int)
    net = make(encoder=encoder, max_epochs=2).fit(X, Y)
    assert np.isfinite(net.predict_proba(X)).all()


@pytest.mark.parametrize(
    "form", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array]
)
@pytest.mark.parametrize("encoder", ["auto", "piecewise_linear"])
def test_sparse_tables(form, encoder):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 20)) * (rng.random((300, 20)) < 0.3)
    Y = np.column_stack([X[:, 0] > 0, X[:, 1] + X[:, 2] > 0]).astype(int)
    net = make(encoder=encoder).fit(form(X[:200]), Y[:200])
    assert net.score(form(X[200:]), Y[200:]) > 0.8
    np.testing.assert_allclose(
        net.predict_proba(form(X)), net.predict_proba(X), atol=1e-6
    )


@pytest.mark.parametrize("encoder", ["auto", None, "periodic"])
def test_double_precision(encoder):
    X, Y = generate(0, n=200, n_test=0)
    nets = [
        make(max_epochs=3, precision=precision, encoder=encoder).fit(X, Y)
        for precision in ("float32", "float64")
    ]
    single, double = (np.stack(net.predict_proba(X)) for net in nets)
    assert all(p.dtype == np.float64 for p in nets[1].predict_proba(X))
    np.testing.assert_allclose(single, double, atol=1e-2)


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.int64, bool], ids=str)
def test_numbers_of_any_type(dtype):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (80, 3)).astype(dtype)
    Y = X[:, :2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net = make(max_epochs=3).fit(X, Y.astype(int))
    expected = make(max_epochs=3).fit(X.astype(float), Y.astype(int))
    np.testing.assert_array_equal(net.predict(X), expected.predict(X.astype(float)))


def test_missing_labels_with_missing_values():
    X, Y = generate(0, n=300, n_test=300)
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(Y.shape) < 0.3, np.nan, Y)
    gaps = np.where(rng.random(X.shape) < 0.1, np.nan, X)
    net = make().fit(gaps[:300], labels[:300])
    assert net.score(gaps[300:], labels[300:]) > 0.65
