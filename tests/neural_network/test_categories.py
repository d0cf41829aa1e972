"""Categorical columns: how they are found, coded, and learnt from."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone

from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._categories import (
    FROM_DTYPE,
    categories_of_values,
    learn_categories,
)

N = 120
RNG = np.random.default_rng(0)
COLOURS = RNG.choice(["blue", "green", "red"], N)
SIZES = RNG.choice(["l", "m", "s"], N)
NUMBERS = RNG.normal(size=(N, 2))
# A task of the colour, and one of the size and a number.
Y = np.column_stack([COLOURS == "red", (SIZES == "m") & (NUMBERS[:, 0] > 0)])
Y = Y.astype(int)

FRAME = pd.DataFrame(
    {
        "width": NUMBERS[:, 0],
        "colour": pd.Categorical(COLOURS),
        "height": NUMBERS[:, 1],
        "size": pd.Categorical(SIZES),
    }
)
OBJECTS = FRAME.astype(object).to_numpy()
POLARS = pl.DataFrame(
    {
        "width": NUMBERS[:, 0],
        "colour": pl.Series(COLOURS.tolist(), dtype=pl.Categorical),
        "height": NUMBERS[:, 1],
        "size": pl.Series(SIZES.tolist(), dtype=pl.Enum(["l", "m", "s"])),
    }
)


def make(**params):
    defaults = {"hidden_layer_sizes": (16,), "max_epochs": 3, "random_state": 0}
    return MultiTaskNetClassifier(**defaults | params)


def proba(net, X):
    return np.stack(net.predict_proba(X))


def learn(X, columns=FROM_DTYPE, names=None):
    return learn_categories(X, columns, names, "Net")


def codes_of(column):
    """Return the codes of a column by itself."""
    X = np.array(column, dtype=object)[:, np.newaxis]
    categories = learn(X, [0])
    return categories.sizes[0], categories.encode(X)[:, 0]


# Which columns


@pytest.mark.parametrize("table", [FRAME, POLARS], ids=["pandas", "polars"])
def test_columns_of_a_categorical_type(table):
    assert learn(table).positions == (1, 3)
    assert learn(table).sizes == {1: 3, 3: 3}
    assert learn(table).numeric_positions(4) == [0, 2]


def test_no_column_of_a_categorical_type():
    assert learn(FRAME.astype({"colour": object, "size": str})) is None
    assert learn(NUMBERS) is None


@pytest.mark.parametrize(
    "columns",
    [
        [1, 3],
        [3, 1, 1],
        (-3, -1),
        np.array([1, 3]),
        ["colour", "size"],
        np.array(["size", "colour"]),
        pd.Index(["colour", "size"]),
        [False, True, False, True],
        np.array([False, True, False, True]),
    ],
    ids=str,
)
def test_ways_to_name_columns(columns):
    found = learn(OBJECTS, columns, list(FRAME))
    assert found.positions == (1, 3)


@pytest.mark.parametrize("columns", [None, [], [False] * 4, np.zeros(4, dtype=bool)])
def test_no_columns(columns):
    assert learn(FRAME, columns) is None


# Their codes


@settings(max_examples=60, deadline=None)
@given(
    seen=st.lists(st.sampled_from("abcde"), min_size=1, max_size=20),
    new=st.lists(st.sampled_from([*"abcdefg", None, np.nan]), min_size=1, max_size=9),
)
def test_codes_are_places_among_the_sorted_categories(seen, new):
    categories = learn(np.array(seen, dtype=object)[:, np.newaxis], [0])
    known = sorted(set(seen))
    assert categories.sizes == {0: len(known)}
    found = categories.encode(np.array(new, dtype=object)[:, np.newaxis])
    expected = [known.index(c) if c in known else np.nan for c in new]
    np.testing.assert_array_equal(found[:, 0], expected)


@pytest.mark.parametrize(
    "missing",
    [[None], [np.nan], [pd.NA], [float("nan"), None], [None, np.nan, pd.NA, pd.NaT]],
    ids=str,
)
def test_nothing_is_a_category_of_its_own(missing):
    size, codes = codes_of(["b", "a", *missing])
    assert size == 2
    np.testing.assert_array_equal(codes, [1, 0] + [np.nan] * len(missing))


def test_a_column_without_any_category():
    size, codes = codes_of([None, None])
    assert size == 0
    np.testing.assert_array_equal(codes, [np.nan, np.nan])


@pytest.mark.parametrize(
    "column",
    [[3, 1, 2, 1], [2.5, 0.5, 1.5, 0.5], [True, False, True, False]],
    ids=["int", "float", "bool"],
)
def test_numbers_may_be_categories(column):
    expected = np.unique(column, return_inverse=True)[1]
    for X in (np.array(column)[:, np.newaxis], pd.DataFrame({"c": column})):
        found = learn(X, [0])
        np.testing.assert_array_equal(found.encode(X)[:, 0], expected)


@pytest.mark.parametrize("dtype", ["string", "category", object])
def test_missing_values_of_pandas(dtype):
    column = pd.Series(["b", None, "a"], dtype="string").astype(dtype)
    X = pd.DataFrame({"c": column})
    codes = learn(X, ["c"], ["c"]).encode(X)
    np.testing.assert_array_equal(codes[:, 0], [1, np.nan, 0])


def test_missing_values_of_polars():
    X = POLARS[:3].with_columns(pl.lit(None, dtype=pl.Categorical).alias("colour"))
    found = learn(POLARS).encode(X)
    assert np.isnan(found[:, 0]).all()
    assert not np.isnan(found[:, 1]).any()


# Networks


def test_columns_of_which_no_category_is_known():
    """They may be spelt otherwise; one row by itself may well be new."""
    net = make().fit(FRAME, Y)
    loud = FRAME.assign(colour=FRAME["colour"].str.upper())
    with pytest.warns(UserWarning, match=r"none of the categories in column.*'colour'"):
        net.predict(loud)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.predict(loud[:1])
        net.predict(FRAME.assign(colour=None))


def test_tables_of_all_kinds_are_the_same():
    expected = proba(make().fit(FRAME, Y), FRAME)
    by_position = {"categorical_features": [1, 3]}
    for table, params in [
        (POLARS, {}),
        (OBJECTS, by_position),
        (OBJECTS.tolist(), by_position),
        (FRAME.astype(object), {"categorical_features": ["size", "colour"]}),
    ]:
        net = make(**params).fit(table, Y)
        np.testing.assert_array_equal(proba(net, table), expected)


def test_what_the_categories_are_called_does_not_matter():
    """As long as their order is the same."""
    renamed = FRAME.assign(
        colour=FRAME["colour"].cat.rename_categories({"red": "vermilion"}),
        size=FRAME["size"].cat.rename_categories({"l": 10, "m": 20, "s": 30}),
    )
    np.testing.assert_array_equal(
        proba(make().fit(FRAME, Y), FRAME), proba(make().fit(renamed, Y), renamed)
    )


def test_they_are_learnt_from():
    net = make(hidden_layer_sizes=(64,), max_epochs=150, early_stopping=False)
    assert net.fit(FRAME, Y).score(FRAME, Y) > 0.95


@pytest.mark.parametrize("preprocess", [True, False])
@pytest.mark.parametrize("encoder", [None, "auto", "periodic"])
def test_they_go_with_every_embedding(preprocess, encoder):
    net = make(encoder=encoder, preprocess=preprocess).fit(FRAME, Y)
    changed = FRAME.assign(colour=FRAME["colour"].cat.rename_categories(list("xyz")))
    assert not np.array_equal(proba(net, FRAME), proba(net, changed))


@pytest.mark.parametrize("encoder", [None, "auto", "periodic", "linear_relu"])
def test_a_table_of_categories_alone(encoder):
    X = FRAME[["size", "colour"]]
    net = make(encoder=encoder, max_epochs=60).fit(X, Y)
    assert net.score_tasks(X, Y)["task0"] > 0.95


def test_unknown_and_missing_categories_are_the_same():
    """They predict something between the known ones."""
    net = make(max_epochs=30).fit(FRAME, Y)
    one = FRAME[:1].astype(object)
    found = [
        proba(net, one.assign(colour=[colour]))[0, 0, 1]
        for colour in ("mauve", None, np.nan, "blue", "green", "red")
    ]
    assert found[0] == found[1] == found[2]
    assert min(found[3:]) < found[0] < max(found[3:])


def test_missing_categories_in_training():
    gaps = FRAME.mask(RNG.random(FRAME.shape) < 0.3)
    net = make().fit(gaps, Y)
    assert np.isfinite(proba(net, gaps)).all()
    assert np.isfinite(proba(net, FRAME)).all()


def test_a_column_that_is_all_missing():
    X = FRAME.assign(empty=pd.Categorical([None] * N, categories=["a", "b"]))
    net = make().fit(X, Y)
    some = X.assign(empty="a")
    np.testing.assert_array_equal(proba(net, X), proba(net, some))


def test_only_training_rows_count():
    """A category of rows without labels is as one that is not known."""
    labels = np.where(COLOURS[:, np.newaxis] == "green", np.nan, Y)
    net = make(early_stopping=False).fit(FRAME, labels)
    green = FRAME[COLOURS == "green"]
    unknown = green.astype({"colour": object}).assign(colour="mauve")
    np.testing.assert_array_equal(proba(net, green), proba(net, unknown))


def test_the_order_of_the_categories_in_the_type_does_not_matter():
    turned = FRAME.assign(
        colour=FRAME["colour"].cat.reorder_categories(["red", "blue", "green"])
    )
    net = make().fit(FRAME, Y)
    np.testing.assert_array_equal(proba(net, FRAME), proba(net, turned))


def test_none_turns_codes_of_a_categorical_type_into_numbers():
    X = FRAME.assign(
        colour=pd.Categorical(RNG.integers(0, 5, N)), size=RNG.normal(size=N)
    )
    net = make(categorical_features=None).fit(X, Y)
    numbers = X.astype({"colour": float})
    expected = proba(make().fit(numbers, Y), numbers)
    np.testing.assert_array_equal(proba(net, X), expected)


@pytest.mark.parametrize("table", [FRAME, POLARS], ids=["pandas", "polars"])
def test_names_of_the_columns(table):
    net = make().fit(table, Y)
    assert list(net.feature_names_in_) == list(FRAME)
    assert net.n_features_in_ == 4


def test_more_training_keeps_the_categories():
    net = make().partial_fit(FRAME, Y, classes=[[0, 1], [0, 1]])
    few = FRAME[COLOURS != "red"].assign(size="xl")
    with pytest.warns(UserWarning, match="none of the categories"):
        net.partial_fit(few, Y[COLOURS != "red"])
    assert np.isfinite(proba(net, FRAME)).all()


def with_colours(values, categories):
    return FRAME.assign(colour=pd.Categorical(values, categories=categories))


def twice(second):
    """Return the probabilities of a net that has seen FRAME, then another table."""
    net = make().partial_fit(FRAME, Y, classes=[[0, 1], [0, 1]])
    return proba(net.partial_fit(second, Y), FRAME)


def test_more_training_with_the_categories_in_another_order():
    reordered = with_colours(COLOURS, ["red", "green", "blue"])
    assert reordered["colour"].cat.codes.tolist() != FRAME["colour"].cat.codes.tolist()
    np.testing.assert_array_equal(twice(reordered), twice(FRAME))


@pytest.mark.parametrize("new", ["azure", "mauve", "zinc"])
def test_more_training_with_new_categories(new):
    """They are unknown, which is as missing, wherever they are in the order."""
    is_new = np.arange(N) % 3 == 0
    renamed = with_colours(
        np.where(is_new, new, COLOURS), [new, "red", "blue", "green"]
    )
    missing = with_colours(np.where(is_new, None, COLOURS), ["blue", "green", "red"])
    np.testing.assert_array_equal(twice(renamed), twice(missing))
    assert not np.array_equal(twice(renamed), twice(FRAME))


def test_more_training_with_numbers_as_categories():
    """Those of a later table are the same numbers, whatever their type."""
    ones = FRAME.assign(size=pd.Categorical(np.where(SIZES == "m", 10, 9)))
    others = FRAME.assign(
        size=pd.Categorical(np.where(SIZES == "m", 10.0, 9.0), categories=[10.0, 9.0])
    )
    net = make().partial_fit(ones, Y)
    np.testing.assert_array_equal(proba(net, others), proba(net, ones))


def test_a_later_table_with_categories_where_numbers_were():
    numbers = FRAME[["width", "height"]].assign(colour=1.0)
    net = make().partial_fit(numbers, Y)
    table = FRAME[["width", "height", "colour"]]
    match = "^The 'X' parameter of .* must be of numbers in column 'colour'.* as in fit"
    with pytest.raises(ValueError, match=match):
        net.partial_fit(table, Y)
    with pytest.raises(ValueError, match=match):
        net.predict(table)


@pytest.mark.parametrize("freeze", [True, False, "gradual"])
def test_tasks_that_are_transferred(freeze):
    gaps = FRAME.mask(RNG.random(FRAME.shape) < 0.1)
    net = make(n_iter_no_change=1).fit(gaps, Y)
    before = proba(net, gaps)
    net.transfer(gaps, Y[:, 0], name="new", freeze=freeze)
    np.testing.assert_array_equal(proba(net, gaps)[:2], before)
    assert net.predict(gaps).shape == (N, 3)


def test_it_can_be_cloned():
    net = make(categorical_features=["colour"])
    assert clone(net).categorical_features == ["colour"]


# What cannot be


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        (["color"], r"among the columns of X.*got 'color' \(did you mean 'colour'\?\)"),
        ([4], "positions from 0 to 3, got 4"),
        ([-5], "positions from 0 to 3, got -5"),
        ([0.5], "positions from 0 to 3, got 0.5"),
        ([True], "a mask of 4 columns, got one of 1"),
        ([None], "positions from 0 to 3, got None"),
        ("colours", "an array-like"),
        (3, "an array-like"),
    ],
    ids=str,
)
def test_bad_columns(columns, match):
    expected = "'categorical_features' parameter of MultiTaskNetClassifier must be .*"
    with pytest.raises(ValueError, match=expected + match):
        make(categorical_features=columns).fit(FRAME, Y)


def test_names_for_a_table_without():
    match = "positions or a mask, as the columns of X have no names, got 'colour'"
    with pytest.raises(ValueError, match=match):
        make(categorical_features=["colour"]).fit(OBJECTS, Y)


@pytest.mark.parametrize(
    ("X", "encoder"),
    [
        (sparse.csr_array(NUMBERS), "auto"),
        (np.zeros((N, 1, 8, 8)), "conv"),
        (NUMBERS, lambda n: None),
    ],
    ids=["sparse", "images", "own encoder"],
)
def test_tables_without_categorical_columns(X, encoder):
    match = "'categorical_features' parameter.*None, unless X is a dense table"
    with pytest.raises(ValueError, match=match):
        make(categorical_features=[0], encoder=encoder).fit(X, Y)


def test_words_in_other_columns():
    X = FRAME.astype({"colour": object})
    match = r"of numbers in column 'colour', or have it in categorical_features, got"
    with pytest.raises(ValueError, match=match):
        make().fit(X, Y)
    with pytest.raises(ValueError, match=match):
        make(categorical_features=["size"]).fit(FRAME, Y)


def test_rows_of_another_width():
    net = make().fit(FRAME, Y)
    with pytest.raises(ValueError, match="X has 3 features, but MultiTaskNet"):
        net.predict(FRAME.iloc[:, :3].to_numpy())
    with pytest.raises(ValueError, match="feature names"):
        net.predict(FRAME.rename(columns={"size": "weight"}))


def test_infinite_numbers_beside_categories():
    with pytest.raises(ValueError, match="infinity"):
        make().fit(FRAME.assign(width=np.inf), Y)


def test_categories_of_the_values_of_each_column():
    """They are those that the whole columns would have given."""
    frame = pd.DataFrame({"x": [1, 2, 3], "s": ["b", None, "a"], "t": ["c", "c", "c"]})
    of_values = categories_of_values({1: ["a", None, "b"], 2: ["c"]})
    of_columns = learn_categories(frame, ["s", "t"], list(frame), "Net")
    assert of_values.positions == of_columns.positions
    np.testing.assert_array_equal(of_values.encode(frame), of_columns.encode(frame))
    assert of_values.codes(list(frame)) == {"s": {"a": 0.0, "b": 1.0}, "t": {"c": 0.0}}
