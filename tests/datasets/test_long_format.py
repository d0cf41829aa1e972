import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_mtl.datasets import targets_from_long

y = [3, 1, 2, 5]
task = ["b", "a", "b", "c"]
Y = np.array(
    [
        [np.nan, 3, np.nan],
        [1, np.nan, np.nan],
        [np.nan, 2, np.nan],
        [np.nan, np.nan, 5],
    ]
)


@pytest.mark.parametrize(
    "as_labels",
    [
        list,
        tuple,
        np.array,
        pd.Series,
        pl.Series,
        lambda y: pd.Series(y, dtype="Int64"),
    ],
)
@pytest.mark.parametrize(
    "as_ids",
    [
        list,
        np.array,
        pd.Series,
        pd.Categorical,
        pl.Series,
        lambda ids: np.array(ids, dtype=object),
        lambda ids: pd.Series(
            pd.Categorical(ids, categories=["c", "b", "a", "unused"])
        ),
        lambda ids: pl.Series(ids, dtype=pl.Categorical),
    ],
)
def test_any_container(as_labels, as_ids):
    spread, names = targets_from_long(as_labels(y), as_ids(task))

    np.testing.assert_array_equal(spread, Y)
    assert spread.dtype == np.float64
    assert names == ["a", "b", "c"]
    assert all(type(name) is str for name in names)


def test_index_of_a_series_is_not_used():
    labels = pd.Series(y, index=[9, 8, 7, 6])
    ids = pd.Series(task, index=[6, 7, 8, 9])

    np.testing.assert_array_equal(targets_from_long(labels, ids)[0], Y)


@pytest.mark.parametrize("dtype", [np.int16, np.uint64, object, "Int64"])
def test_integer_ids_are_sorted_as_numbers(dtype):
    ids = pd.Series([10, 9, 10, 11], dtype=dtype)
    spread, names = targets_from_long(y, ids)

    assert names == ["9", "10", "11"]
    np.testing.assert_array_equal(spread, Y)


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [
        (np.array([1, 0, 1, 1], dtype=np.float32), np.float32),
        (np.array([1, 0, 1, 1], dtype=np.int8), np.float64),
        (np.array([True, False, True, True]), np.float64),
        ([True, False, True, True], np.float64),
    ],
)
def test_numbers_and_booleans_become_floats(labels, dtype):
    spread, _ = targets_from_long(labels, task)

    assert spread.dtype == dtype
    np.testing.assert_array_equal(spread[:, 0], [np.nan, 0, np.nan, np.nan])


@pytest.mark.parametrize(
    "as_labels", [list, np.array, pd.Series, pd.Categorical, pl.Series]
)
def test_strings_stay_strings(as_labels):
    spread, _ = targets_from_long(as_labels(["no", "yes", "yes", "no"]), task)

    assert spread.dtype == object
    expected = [[None, "no", None], ["yes", None, None], [None, "yes", None]]
    np.testing.assert_array_equal(spread[:3], expected)


@pytest.mark.parametrize(
    "labels",
    [
        [3, None, 2, 5],
        [3, np.nan, 2, 5],
        np.array([3, np.nan, 2, 5]),
        pd.Series([3, pd.NA, 2, 5], dtype="Int64"),
        pd.Series([3, None, 2, 5], dtype=object),
        pl.Series([3, None, 2, 5]),
    ],
)
def test_a_missing_label_stays_missing(labels):
    spread, names = targets_from_long(labels, task)
    expected = Y.copy()
    expected[1] = np.nan

    np.testing.assert_array_equal(spread, expected)
    assert names == ["a", "b", "c"]


def test_a_missing_string_stays_missing():
    spread, _ = targets_from_long(["no", np.nan, None, "no"], task)
    assert (spread[1:3] == np.array(None)).all()


@pytest.mark.parametrize(
    "ids",
    [
        ["b", None, "b", None],
        ["b", np.nan, "b", np.nan],
        np.array([1, np.nan, 1, np.nan]),
        pd.Series(["b", None, "b", None]),
        pd.Series([1, pd.NA, 1, pd.NA], dtype="Int64"),
        pd.Categorical(["b", None, "b", None]),
        pl.Series(["b", None, "b", None]),
    ],
)
def test_rows_without_a_task_are_named(ids):
    with pytest.raises(ValueError, match=r"'task' .* got none in row.* 1, 3"):
        targets_from_long(y, ids)


@pytest.mark.parametrize(
    ("labels", "ids", "message"),
    [
        (y, task[:3], "'task' .* length of y, 4, got 3"),
        ([y], [task], r"'y' .* 1-D, .* got an array of shape \(1, 4\)"),
        (y, np.array([task]), r"'task' .* 1-D, .* got an array of shape \(1, 4\)"),
        (
            pd.DataFrame({"y": y}),
            task,
            r"'y' .* 1-D, .* of shape \(4, 1\)",
        ),
        ([], [], "'y' .* at least 1 row"),
        (y, [1, "a", 2, "b"], "one type, got int, str"),
    ],
)
def test_invalid_input(labels, ids, message):
    with pytest.raises(ValueError, match=message):
        targets_from_long(labels, ids)


rows = st.lists(
    st.tuples(st.floats(-1e6, 1e6) | st.integers(-9, 9), st.integers(-5, 5)),
    min_size=1,
)


@given(rows)
def test_round_trip(rows):
    labels, ids = map(list, zip(*rows, strict=True))
    spread, names = targets_from_long(labels, ids)
    row, column = np.nonzero(~np.isnan(spread))

    assert names == [str(task) for task in sorted(set(ids))]
    np.testing.assert_array_equal(row, np.arange(len(rows)))
    np.testing.assert_array_equal(spread[row, column], labels)
    assert [names[t] for t in column] == [str(task) for task in ids]


@given(rows, st.randoms())
def test_order_of_rows_is_kept(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    labels, ids = map(np.array, zip(*rows, strict=True))

    spread, names = targets_from_long(labels, ids)
    shuffled, shuffled_names = targets_from_long(labels[order], ids[order])

    np.testing.assert_array_equal(shuffled, spread[order])
    assert shuffled_names == names


def test_school(shared_data):
    school = shared_data("school")
    Y, names = targets_from_long(school["y"], school["task"])
    counts = np.bincount(school["task"])

    assert Y.shape == (15362, 139)
    assert Y.dtype == np.float32
    assert names == [str(t) for t in range(139)]
    np.testing.assert_array_equal((~np.isnan(Y)).sum(axis=0), counts)
    np.testing.assert_allclose(
        np.nanmean(Y, axis=0, dtype=np.float64),
        np.bincount(school["task"], weights=school["y"]) / counts,
        rtol=1e-6,
    )
