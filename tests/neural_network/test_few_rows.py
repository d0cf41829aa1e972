"""A few rows of numbers are read quickly, and as all others are."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, floating_dtypes, integer_dtypes

from sklearn_mtl.neural_network import MultiTaskNetClassifier, MultiTaskNetRegressor
from sklearn_mtl.neural_network import _read_inputs as reading
from sklearn_mtl.neural_network._few_rows import read_few_rows

X = np.random.default_rng(0).normal(size=(40, 3))
Y = (X[:, :2] > 0).astype(int)
SMALL = {"hidden_layer_sizes": (4,), "max_epochs": 1, "random_state": 0}
NETS = [
    MultiTaskNetClassifier(**SMALL).fit(X, Y),
    MultiTaskNetClassifier(**SMALL, preset="plain", precision="float64").fit(X, Y),
    MultiTaskNetRegressor(**SMALL, preset="plain", preprocess=False).fit(X, Y),
    MultiTaskNetClassifier(**SMALL, categorical_features=[0]).fit(np.round(X), Y),
    MultiTaskNetClassifier(**SMALL).fit(pd.DataFrame(X, columns=list("abc")), Y),
]
IDS = ["default", "float64", "no preprocessing", "categories", "names"]

VALUES = st.one_of(
    st.floats(-1e3, 1e3, width=16),
    st.sampled_from([0.0, -0.0, 1e-40, 1e30, 2e38, -3e38, 1e39, 1e300]),
    st.sampled_from([np.nan, np.inf, -np.inf]),
)
TABLES = st.one_of(
    arrays(
        np.float64, st.tuples(st.integers(0, 4), st.integers(2, 4)), elements=VALUES
    ),
    arrays(floating_dtypes(), st.tuples(st.integers(0, 3), st.integers(3, 3))),
    arrays(integer_dtypes(), (2, 3)),
    arrays(np.float32, st.sampled_from([(3,), (1, 3, 1), (3, 1), ()])),
)


def outcome(net, table):
    """Return the rows as they are read, or the error, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            read = reading.read_inputs(net, table, net.precision, reset=False)
            found = read.dtype.str, read.shape, read.tobytes()
        except (TypeError, ValueError) as error:
            found = type(error), str(error)
    return found, [(warning.category, str(warning.message)) for warning in caught]


@pytest.mark.parametrize("net", NETS, ids=IDS)
@settings(max_examples=60, deadline=None)
@given(table=TABLES)
def test_the_quick_way_is_the_same_way(net, table):
    quick = outcome(net, table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read_few_rows", lambda *args: None)
        assert outcome(net, table) == quick


@pytest.mark.parametrize("net", NETS[:3], ids=IDS[:3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
def test_plain_rows_go_the_quick_way(net, dtype, layout):
    rows = layout(X[:2].astype(dtype))
    found = read_few_rows(net, rows, np.float32)
    np.testing.assert_array_equal(found, rows.astype(np.float32))


@pytest.mark.parametrize(
    "table",
    [
        X[:0],
        X[:2, :2],
        X[0],
        X[:1].astype(int),
        X[:1].astype(">f8"),
        X[:1].astype(np.float16),
        np.where(X[:1] > 0, np.nan, X[:1]),
        X[:1] * np.inf,
        X[:1] * 1e39,
        X[:1].tolist(),
        pd.DataFrame(X[:1]),
        np.ma.masked_array(X[:1]),
        np.ones((10_000, 3)),
    ],
    ids=str,
)
def test_others_do_not(table):
    assert read_few_rows(NETS[0], table, np.float32) is None


NAMED = pd.DataFrame(X[:2], columns=list("abc"))


@pytest.mark.parametrize(
    "frame",
    [
        NAMED,
        NAMED.astype(np.float32),
        NAMED.astype({"a": np.float32}),
        NAMED.astype({"a": int}),
        NAMED.astype("Float64"),
        NAMED.astype({"b": "Float32"}),
        NAMED.astype(object),
        NAMED.astype({"a": bool}),
        NAMED.astype({"a": str}),
        NAMED.astype({"a": "category"}),
        NAMED.astype(pd.SparseDtype("float")),
        NAMED * 1e39,
        NAMED.where(NAMED > 0),
        NAMED[["b", "a", "c"]],
        NAMED[["a", "b"]],
        NAMED.set_axis([0, 1, 2], axis=1),
        NAMED.set_axis(["a", "b", "b"], axis=1),
        NAMED[:0],
        NAMED["a"],
        NAMED.to_numpy(),
    ],
    ids=range(20),
)
def test_frames_are_read_as_they_were(frame):
    net = NETS[IDS.index("names")]
    quick = outcome(net, frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read_few_rows", lambda *args: None)
        assert outcome(net, frame) == quick


def test_plain_frames_go_the_quick_way():
    net = NETS[IDS.index("names")]
    for frame in (NAMED, NAMED.astype(np.float32), NAMED.astype({"a": int})):
        found = read_few_rows(net, frame, np.float32)
        np.testing.assert_array_equal(found, frame.to_numpy(np.float32))


def test_read_only_rows_are_predicted():
    rows = X[:2].astype(np.float32)
    expected = NETS[0].predict(rows)
    rows.flags.writeable = False
    np.testing.assert_array_equal(NETS[0].predict(rows), expected)
