import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_mtl._storage import ParquetTable, StoredParquet, find_values
from sklearn_mtl._storage._stored_parquet import PieceReader

CODES = {"text": {"a": 0.0, "b": 1.0}, "category": {"x": 0.0, "y": 1.0}}


def expect(frame):
    """Return what the columns become."""
    return np.column_stack(
        [
            frame[name].map(CODES[name]).astype(float)
            if name in CODES
            else frame[name].astype("Float64").to_numpy(np.float64, na_value=np.nan)
            for name in frame
        ]
    )


def open_table(table, dtype=np.float64, allow_nan=True):
    return StoredParquet(table, CODES, dtype, owner="Net", allow_nan=allow_nan)


@pytest.fixture
def features(frame):
    return frame[["number", "single", "count", "flag", "gaps", "text", "category"]]


def test_all_rows(write, features):
    stored = open_table(ParquetTable(write(features[:11], features[11:])))
    np.testing.assert_array_equal(stored[:], expect(features))
    assert stored.shape == (30, 7)


def test_a_column_of_some_rows(write, features):
    stored = open_table(ParquetTable(write(features)))
    rows = np.array([7, 3, 29])
    np.testing.assert_array_equal(stored[rows, 5], expect(features)[rows, 5])


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(st.integers(0, 19), min_size=1, max_size=40),
    budget=st.sampled_from([1, 300, 2000, 10**6]),
    data=st.data(),
)
def test_rows_of_a_selection(tmp_path_factory, rows, budget, data):
    """Any rows, in any order, whatever the pieces are in which they are read."""
    frame = pd.DataFrame({"n": np.arange(20.0), "s": list("ab" * 10)})
    path = tmp_path_factory.mktemp("files") / "x.parquet"
    size = data.draw(st.sampled_from([1, 3, 7, 20]))
    frame.to_parquet(path, row_group_size=size)
    table = ParquetTable(path, memory_budget=budget)[rows]
    codes = {"s": {"a": 0.0, "b": 1.0}}
    stored = StoredParquet(table, codes, np.float32, owner="Net", allow_nan=True)
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=9))
    at = np.array(rows)[chosen] if chosen else np.array([], dtype=int)
    expected = np.column_stack([at, at % 2])
    np.testing.assert_array_equal(stored[np.array(chosen, dtype=int)], expected)


def test_large_row_groups_are_read_in_pieces(write, features):
    table = ParquetTable(write(features, row_group_size=30), memory_budget=2000)
    stored = open_table(table)
    assert len(stored.bounds) > 5
    assert set(stored.groups) == {0}
    np.testing.assert_array_equal(stored[:], expect(features))


def test_pieces_in_order_are_decoded_once(write, features):
    table = ParquetTable(write(features, row_group_size=30))
    reader = PieceReader(table.files, ["count"])
    opened = []
    start = reader._start
    reader._start = lambda *args: (opened.append(args), start(*args))
    read = [reader.read(0, first, 5)["count"].to_pylist() for first in (0, 5, 20)]
    assert [*read[0], *read[1], *read[2]] == features["count"][
        [*range(10), *range(20, 25)]
    ].tolist()
    assert len(opened) == 1
    assert reader.read(0, 0, 5)["count"].to_pylist() == read[0]
    assert len(opened) == 2


def test_strings_in_several_row_groups_and_files(write):
    first = pd.DataFrame({"text": ["b", "c", "a", None]})
    second = pd.DataFrame({"text": pd.Categorical(["a", "b"])})
    table = ParquetTable(write(first, second, row_group_size=2))
    stored = open_table(table)
    expected = [1, np.nan, 0, np.nan, 0, 1]
    np.testing.assert_array_equal(stored[:].ravel(), expected)


def test_values_of_the_selected_rows(write, frame):
    table = ParquetTable(write(frame))
    assert set(find_values(table, "text")) == {"a", "b", "c", None}
    rows = np.flatnonzero(frame["text"] == "b")
    assert find_values(table[rows], "text") == ["b"]
    assert set(find_values(table, "count")) == set(frame["count"])
    assert find_values(table[::4], "number") == [None]


def test_infinite_numbers_are_found(write):
    table = ParquetTable(write(pd.DataFrame({"x": [0.0, np.inf]})))
    with pytest.raises(ValueError, match="'X' parameter of Net must be finite"):
        open_table(table)[:]
    assert open_table(table)[:1] == 0


def test_numbers_too_large_for_the_precision(write):
    table = ParquetTable(write(pd.DataFrame({"x": [1e300]})))
    with pytest.raises(ValueError, match="not too large for float32, got inf"):
        open_table(table, dtype=np.float32)[:]


def test_gaps_where_none_may_be(write):
    table = ParquetTable(write(pd.DataFrame({"x": [0.0, np.nan]})))
    with pytest.raises(ValueError, match="'X' parameter of Net must be finite"):
        open_table(table, allow_nan=False)[:]
