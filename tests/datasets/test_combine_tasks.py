import sys
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.model_selection import train_test_split

from sklearn_mtl.datasets import combine_inputs, combine_tasks
from sklearn_mtl.model_selection import MultiTaskKFold

images = np.arange(24, dtype=np.uint8).reshape(6, 2, 2)
sounds = np.arange(12, dtype=np.float32).reshape(4, 3)
digit = np.array([3, 1, 4, 1, 5, 9], dtype=np.uint8)
word = np.array(["no", "yes", "yes", "no"])


class TestRows:
    def test_follow_each_other(self):
        X, Y = combine_tasks({"digit": (images, digit), "word": (sounds, word)})

        assert X.names == ("digit", "word")
        assert len(X) == len(Y) == 10
        np.testing.assert_array_equal(X.has("digit"), np.arange(10) < 6)
        np.testing.assert_array_equal(X.has("word"), np.arange(10) >= 6)
        assert X["digit"] is images
        assert X["word"] is sounds
        np.testing.assert_array_equal(X[7]["word"], sounds[1])

    def test_one_task(self):
        X, Y = combine_tasks({"digit": [images, digit]})

        assert X["digit"] is images
        assert Y["digit"].tolist() == digit.tolist()

    def test_same_table_is_the_same_rows(self):
        X, Y = combine_tasks(
            {
                "digit": (images, digit),
                "word": (sounds, word),
                "is_odd": (images, digit % 2 == 1),
            }
        )
        assert X.shape == (10, 2)
        assert X.names == ("digit", "word")
        assert Y["is_odd"][:6].tolist() == (digit % 2 == 1).tolist()
        assert Y["is_odd"][6:].isna().all()

    def test_an_equal_table_is_not_the_same_rows(self):
        X, _ = combine_tasks({"a": (images, digit), "b": (images.copy(), digit)})
        assert X.shape == (12, 2)

    @pytest.mark.parametrize("X", [{"image": images, "size": images[:, 0]}, images])
    def test_same_inputs_are_the_same_rows(self, X):
        again = dict(X) if isinstance(X, dict) else {"a": X}
        together, Y = combine_tasks({"a": (X, digit), "b": (again, digit)})

        assert len(together) == 6
        assert Y.notna().all(axis=None)

    def test_a_name_for_several_tables_is_one_input(self):
        left, right = images[:2], images[2:]
        X, Y = combine_tasks(
            {"a": ({"image": left}, digit[:2]), "b": ({"image": right}, digit[2:])}
        )
        assert X.shape == (6, 1)
        np.testing.assert_array_equal(X["image"], images)
        np.testing.assert_array_equal(X[[5, 0]]["image"], images[[5, 0]])
        assert Y.notna().sum().tolist() == [2, 4]

    def test_rows_with_several_inputs(self):
        X, _ = combine_tasks(
            {
                "both": ({"image": images[:4], "sound": sounds}, digit[:4]),
                "word": ({"sound": sounds}, word),
            }
        )
        assert X.shape == (8, 2)
        np.testing.assert_array_equal(X.has("image"), np.arange(8) < 4)
        assert X.has("sound").all()
        np.testing.assert_array_equal(X["sound"], np.concatenate([sounds, sounds]))

    def test_dense_and_sparse_tables_make_one_input(self):
        X, _ = combine_tasks(
            {
                "a": ({"text": sounds}, word),
                "b": ({"text": sparse.csr_array(sounds)}, word),
            }
        )
        np.testing.assert_array_equal(X["text"], np.concatenate([sounds, sounds]))

    @pytest.mark.parametrize("rows", [slice(None), slice(4, 0, -1), [5, 5]])
    def test_a_container(self, rows):
        present = {"sound": [True, False, True, True, False, True]}
        inner = combine_inputs({"image": images, "sound": sounds}, present=present)
        inner = inner[rows]
        labels = digit[rows]
        X, Y = combine_tasks(
            {"word": (sounds, word), "a": (inner, labels), "b": (inner, labels)}
        )
        assert len(X) == len(Y) == 4 + len(inner)
        assert Y["b"][4:].tolist() == labels.tolist()
        for i, row in enumerate(inner, start=4):
            assert X[i].keys() == row.keys()
            for name, values in row.items():
                np.testing.assert_array_equal(X[i][name], values)

    def test_an_input_that_no_row_of_a_container_has_is_left_out(self):
        both, _ = combine_tasks({"digit": (images, digit), "word": (sounds, word)})
        X, _ = combine_tasks({"word": (both[6:], word)})

        assert X.names == ("word",)

    @settings(deadline=None)
    @given(
        st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2)), min_size=1), st.data()
    )
    def test_a_row_has_what_its_data_set_has(self, sizes, data):
        """Also after splitting: every input and label is that of the row's own task."""
        tasks, rows, n_rows = {}, {}, 0
        for t, (n, kind) in enumerate(sizes):
            table = np.arange(n_rows, n_rows + n)[:, np.newaxis]
            X = {"shared": table} if kind == 2 else table.astype(float)
            tasks[f"task{t}"] = X, np.arange(n_rows, n_rows + n)
            rows[f"task{t}"] = range(n_rows, n_rows + n)
            n_rows += n
        X, Y = combine_tasks(tasks)
        picked = data.draw(st.lists(st.integers(0, n_rows - 1), max_size=8))
        X, Y = X[picked], Y.iloc[picked]

        for i, row in enumerate(picked):
            (values,) = X[i].values()
            observed = Y.iloc[i].dropna()
            assert values == [row]
            assert observed.tolist() == [row]
            assert row in rows[observed.index[0]]


class TestLabels:
    @pytest.mark.parametrize(
        ("labels", "dtype"),
        [
            (np.array([1, 2], dtype=np.uint8), "UInt8"),
            (np.array([1, 2], dtype=">i2"), "Int16"),
            ([1, 2], "Int64"),
            ([1, None], "Int64"),
            (pd.Series([1, None], dtype="UInt8"), "UInt8"),
            (pl.Series([1, 2], dtype=pl.Int32), "Int32"),
            ([True, None], "boolean"),
            (np.array([1.5, np.nan], dtype=np.float32), "float32"),
            ([1.5, 2], "float64"),
            (["x", None], "object"),
            (pd.Categorical(["x", "y"]), "object"),
        ],
    )
    def test_keep_their_type(self, labels, dtype):
        _, Y = combine_tasks({"a": (images, digit), "b": (sounds[:2], labels)})

        assert Y["b"].dtype == dtype
        missing = pd.isna(list(labels)).tolist()
        assert Y["b"].isna().tolist() == [True] * 6 + missing
        assert Y["b"].dropna().tolist() == [
            y for y, lacks in zip(labels, missing, strict=True) if not lacks
        ]

    def test_missing_strings_are_none(self):
        _, Y = combine_tasks({"a": (images, digit), "b": (sounds, word)})

        assert Y["b"].tolist() == [None] * 6 + word.tolist()
        assert all(type(y) is str for y in Y["b"][6:])

    def test_index_of_a_series_is_not_used(self):
        labels = pd.Series([5, 6, 7, 8], index=[3, 2, 1, 0])
        _, Y = combine_tasks({"a": (sounds, labels)})

        assert Y["a"].tolist() == [5, 6, 7, 8]
        assert Y.index.equals(pd.RangeIndex(4))

    def test_columns_are_the_tasks_in_order(self):
        _, Y = combine_tasks(
            {"z": (images, digit), "a": (sounds, word), 3: (images, digit)}
        )
        assert list(Y.columns) == ["z", "a", "3"]

    def test_array_of_numbers(self):
        _, Y = combine_tasks(
            {"a": (images[:2], digit[:2]), "b": (sounds[:1], [True])}, as_frame=False
        )
        assert Y.dtype == np.float64
        np.testing.assert_array_equal(Y, [[3, np.nan], [1, np.nan], [np.nan, 1]])

    def test_array_of_small_floats(self):
        labels = np.ones(4, dtype=np.float32)
        _, Y = combine_tasks({"a": (sounds, labels)}, as_frame=False)
        assert Y.dtype == np.float32

    def test_array_of_objects(self):
        _, Y = combine_tasks(
            {"a": (images[:2], digit[:2]), "b": (sounds[:1], word[:1])}, as_frame=False
        )
        assert Y.dtype == object
        assert Y.tolist() == [[3, None], [1, None], [None, "no"]]

    @settings(deadline=None)
    @given(
        st.lists(
            st.lists(st.none() | st.integers(-(2**40), 2**40), min_size=1).filter(
                lambda labels: any(y is not None for y in labels)
            ),
            min_size=1,
            max_size=4,
        )
    )
    def test_frame_and_array_hold_the_same(self, labels):
        tasks = {f"task{t}": (np.zeros((len(y), 1)), y) for t, y in enumerate(labels)}
        _, frame = combine_tasks(tasks)
        _, array = combine_tasks(tasks, as_frame=False)

        np.testing.assert_array_equal(frame.to_numpy(float, na_value=np.nan), array)
        for t, y in enumerate(labels):
            present = [label for label in y if label is not None]
            assert frame[f"task{t}"].dropna().tolist() == present

    def test_frame_needs_pandas(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "pandas", None)
        tasks = {"a": (sounds, word)}
        with pytest.raises(ImportError, match=r"combine_tasks .*sklearn-mtl\[pandas\]"):
            combine_tasks(tasks)
        assert combine_tasks(tasks, as_frame=False)[1].shape == (4, 1)


class TestSplitting:
    def test_each_task_is_stratified(self):
        rng = np.random.default_rng(0)
        X, Y = combine_tasks(
            {
                "a": (rng.random((40, 2)), np.arange(40) % 2),
                "b": (rng.random((20, 3)), np.arange(20) % 2),
            }
        )
        for train, test in MultiTaskKFold(5, random_state=0).split(X, Y):
            assert X[train].has("a").sum() == 32
            assert Y.iloc[test]["b"].value_counts().tolist() == [2, 2]

    def test_train_test_split(self):
        X, Y = combine_tasks({"a": (images, range(6)), "b": (sounds, range(4))})
        X_train, X_test, Y_train, Y_test = train_test_split(X, Y, random_state=0)

        for some, labels in ((X_train, Y_train), (X_test, Y_test)):
            np.testing.assert_array_equal(some["a"], images[labels["a"].dropna()])
            np.testing.assert_array_equal(some["b"], sounds[labels["b"].dropna()])


def peak_memory(call):
    tracemalloc.start()
    try:
        result = call()
        return tracemalloc.get_traced_memory(), result
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("as_frame", [True, False])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_costs_next_to_no_memory(as_frame, dtype):
    big, small = np.zeros((30_000, 28, 28), dtype), np.zeros((3_000, 40, 32), dtype)
    tasks = {
        "digit": (big, np.arange(30_000) % 10),
        "word": (small, np.arange(3_000) % 10),
        "is_odd": (big, np.arange(30_000) % 2 == 1),
    }
    (current, peak), (X, _) = peak_memory(
        lambda: combine_tasks(tasks, as_frame=as_frame)
    )
    assert X["digit"] is big
    assert current < 0.05 * (big.nbytes + small.nbytes)
    assert peak < 0.05 * (big.nbytes + small.nbytes)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ({}, "'tasks' .* a dict from task name to .* got an empty one"),
        ([(images, digit)], "'tasks' .* a dict from task name"),
        ({"a": images}, r"'tasks\['a'\]' .* a pair \(X, y\), got ndarray"),
        ({"a": (images,)}, "a pair .* got tuple of length 1"),
        ({"a": (None, digit)}, r"'tasks\['a'\]\[0\]' .* an input.* got None"),
        ({"a": ({}, digit)}, r"'tasks\['a'\]\[0\]' .* an input.* got an empty one"),
        ({"1": (images, digit), 1: (sounds, word)}, "'tasks' .* unique names.* '1', 1"),
        ({"a": ({"1": images, 1: images}, digit)}, r"\[0\]' .* unique names"),
        (
            {"a": (images, digit[:5])},
            r"'tasks\['a'\]\[1\]' .* of the length of its X, 6, got length 5",
        ),
        (
            {"a": (images, digit), "b": (images, digit[:5])},
            r"'tasks\['b'\]\[1\]' .* of the length of its X, 6",
        ),
        ({"a": (images, [digit])}, r"\[1\]' .* 1-D.* got shape \(1, 6\)"),
        (
            {"a": (images, pd.DataFrame({"y": digit}))},
            r"1-D.* got shape \(6, 1\)",
        ),
        (
            {"a": ({"x": images, "y": sounds}, digit)},
            r"'tasks\['a'\]\[0\]\['y'\]' .* length 6, as .*\['x'\] is, got length 4",
        ),
        (
            {"a": ({"x": images}, digit), "b": ({"x": sounds}, word)},
            r"the input 'x' are of one shape .* got \(2, 2\), \(3,\)",
        ),
        (
            {"a": (np.array([[np.nan]]), [1])},
            r"'tasks\['a'\]\[0\]' .* finite",
        ),
        ({"a": (np.zeros(3), [1, 2, 3])}, r"at least 2-D.*reshape"),
        ({"a": (images, None)}, "the target y is None"),
        ({"a": (np.zeros((0, 2)), [])}, "at least 1 row"),
    ],
)
def test_bad_tasks(tasks, message):
    with pytest.raises(ValueError, match=message):
        combine_tasks(tasks)


def test_bad_labels_name_their_task():
    with pytest.raises(ValueError, match="one type, got int, str") as error:
        combine_tasks({"a": (images, digit), "b": (sounds[:2], [1, "x"])})
    assert "task 'b'" in error.value.__notes__[0]


def test_written_and_spoken_digits(shared_data):
    written, spoken = shared_data("mnist"), shared_data("fsdd")
    tasks = {
        "digit": (written["X"], written["y"]),
        "word": (spoken["X"], spoken["Y"][:, 0]),
        "speaker": (spoken["X"], spoken["Y"][:, 1]),
    }
    (_, peak), (X, Y) = peak_memory(lambda: combine_tasks(tasks))
    X_train, X_test, Y_train, Y_test = train_test_split(X, Y, random_state=0)
    row = Y_test.index[Y_test["word"].notna()][5]

    assert peak < 0.05 * (written["X"].nbytes + spoken["X"].nbytes)
    assert Y.notna().sum().tolist() == [70_000, 3_000, 3_000]
    assert X_train.has("digit").sum() == Y_train["digit"].notna().sum()
    assert X_test.whole_table("word") is spoken["X"]
    np.testing.assert_array_equal(
        X_test[Y_test.index.get_loc(row)]["word"], spoken["X"][row - 70_000]
    )


def test_a_sparse_matrix_that_is_a_dict_is_a_table():
    table = sparse.dok_array(np.eye(4))
    X, _Y = combine_tasks({"a": (table, [0, 1, 0, 1])})
    assert X.names == ("a",)
    np.testing.assert_array_equal(X["a"].toarray(), np.eye(4))
