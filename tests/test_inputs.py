"""The container of several inputs: its rows are those of its tables."""

import copy
import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import _safe_indexing, resample, shuffle
from sklearn.utils.validation import check_consistent_length

from sklearn_mtl._input_parts import Part
from sklearn_mtl.datasets import Inputs, combine_inputs, combine_tasks
from sklearn_mtl.model_selection import MultiTaskKFold, multitask_train_test_split
from sklearn_mtl.multioutput import IndependentTasksClassifier


class Padded:
    """The plain way to hold such rows: whole tables, and masks of who has them."""

    def __init__(self, tables, masks):
        self.tables, self.masks = tables, masks

    def __getitem__(self, key):
        def index(d):
            return {name: values[key] for name, values in d.items()}

        return Padded(index(self.tables), index(self.masks))

    def assert_same(self, X):
        for name, mask in self.masks.items():
            np.testing.assert_array_equal(X.has(name), mask)
            table = X[name]
            table = table.toarray() if sparse.issparse(table) else table
            np.testing.assert_array_equal(table, self.tables[name][mask])
            positions = X.positions(name)
            assert (positions[~mask] == -1).all()
            np.testing.assert_array_equal(X.gather(name, positions[mask]), table)
            assert len(X) == len(mask) == X.shape[0]


def make(n=6, seed=0, as_sparse=False):
    """Rows of which some lack an input, of one part with positions, and several."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (n, 2, 3), dtype=np.uint8)
    first, last = rng.random((n, 4)), rng.random((n, 4)).astype(np.float32)
    mask = rng.random(n) < 0.5
    as_table = sparse.csr_array if as_sparse else np.asarray
    X = Inputs(
        {
            "image": [Part(image, 0), Part(image[::-1], 2 * n)],
            "sound": [
                Part(as_table(first), n, np.where(mask, np.arange(n)[::-1], -1)),
                Part(as_table(last), 2 * n),
            ],
        },
        3 * n,
    )
    none = np.zeros(n, dtype=bool)
    padded = Padded(
        {
            "image": np.concatenate([image, image, image[::-1]]),
            "sound": np.concatenate([first, first[::-1], last]),
        },
        {
            "image": np.concatenate([~none, none, ~none]),
            "sound": np.concatenate([none, mask, ~none]),
        },
    )
    return X, padded


@st.composite
def keys(draw, n):
    """Whatever selects rows of an array."""
    integers = st.lists(st.integers(-n, n - 1), max_size=12) if n else st.just([])
    bound = st.none() | st.integers(-n - 2, n + 2)
    step = st.none() | st.integers(-3, 3).filter(bool)
    kind = draw(st.sampled_from(["slice", "mask", "list", "array", "unsigned"]))
    if kind == "slice":
        return slice(draw(bound), draw(bound), draw(step))
    if kind == "mask":
        mask = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
        return draw(st.sampled_from([mask, mask.tolist()])) if n else mask
    rows = draw(integers)
    if kind == "list":
        return rows
    rows = np.array(rows, dtype=draw(st.sampled_from([np.int64, np.int32, np.intp])))
    return (rows % n if n else rows).astype(np.uint16) if kind == "unsigned" else rows


def as_array_key(key):
    return np.array(key, dtype=np.intp) if isinstance(key, list) and not key else key


class TestIndexing:
    @settings(deadline=None)
    @given(st.data(), st.integers(1, 5), st.booleans())
    def test_selects_what_it_selects_of_each_table(self, data, n, as_sparse):
        X, padded = make(n, as_sparse=as_sparse)
        for _ in range(data.draw(st.integers(1, 3))):
            key = data.draw(keys(len(X)))
            with_columns = data.draw(st.sampled_from([(), (...,), (slice(None),)]))
            X = X[(key, *with_columns)] if with_columns else X[key]
            padded = padded[as_array_key(key)]
            padded.assert_same(X)

    @settings(deadline=None)
    @given(st.data(), st.integers(1, 4), st.booleans())
    def test_a_row_is_a_dict_of_what_it_has(self, data, n, as_sparse):
        X, padded = make(n, as_sparse=as_sparse)
        X, padded = X[::-2], padded[::-2]
        i = data.draw(st.integers(-len(X), len(X) - 1))
        row = X[data.draw(st.sampled_from([i, np.int32(i), np.array(i)]))]

        assert set(row) == {name for name in X.names if padded.masks[name][i]}
        for name, values in row.items():
            np.testing.assert_array_equal(values, padded.tables[name][i])

    @settings(deadline=None)
    @given(st.data(), st.integers(1, 4))
    def test_take_is_indexing_by_integers(self, data, n):
        X, padded = make(n)
        rows = data.draw(st.lists(st.integers(-len(X), len(X) - 1), max_size=9))

        padded[np.array(rows, dtype=np.intp)].assert_same(X.take(rows))

    @settings(deadline=None)
    @given(st.data(), st.integers(1, 4))
    def test_sklearn_indexing(self, data, n):
        X, padded = make(n)
        rows = data.draw(st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=9))

        padded[rows].assert_same(_safe_indexing(X, rows))
        padded[np.array(rows)].assert_same(_safe_indexing(X, np.array(rows)))

    def test_all_rows(self):
        X, padded = make()
        for same in (X, X[:], X[...], X[np.ones(len(X), dtype=bool)]):
            padded.assert_same(same)

    def test_iteration_yields_the_rows(self):
        X, _ = make(n=2)
        rows = list(X)

        assert len(rows) == 6
        np.testing.assert_array_equal(rows[1]["image"], X[1]["image"])

    @pytest.mark.parametrize(
        "mask",
        [
            pd.Series([True, False, True]),
            pd.array([True, False, True], dtype="boolean"),
            np.array([True, False, True], dtype=object),
        ],
    )
    def test_masks_of_pandas(self, mask):
        X = combine_inputs({"a": [[1], [2], [3]]})
        np.testing.assert_array_equal(X[mask]["a"], [[1], [3]])

    @pytest.mark.parametrize(
        ("key", "message"),
        [
            (18, "no row 18 among 18"),
            (-19, "no row -19"),
            ([0, 18], "no row 18"),
            (np.array([-19]), "no row -19"),
            ([True, False], r"A mask of 18 row\(s\) .* got a mask of shape \(2,\)"),
            (True, "A mask"),
            ([[0, 1]], "1-D mask or 1-D integers"),
            ([0.5], "1-D mask or 1-D integers"),
            (None, "1-D mask or 1-D integers"),
            (["image"], "1-D mask or 1-D integers"),
            ((0, 1), r"X\[rows\], or by name, X\[name\]"),
            (([0], np.array([0, 1])), "by name"),
            ((), "by name"),
        ],
    )
    def test_bad_key(self, key, message):
        X, _ = make()
        with pytest.raises(IndexError, match=message):
            X[key]

    @pytest.mark.parametrize("method", ["__getitem__", "has", "positions"])
    def test_unknown_input(self, method):
        X, _ = make()
        with pytest.raises(KeyError, match=r"no input 'imgae'.*did you mean 'image'"):
            getattr(X, method)("imgae")

    def test_take_has_one_axis(self):
        with pytest.raises(ValueError, match="axis=1"):
            make()[0].take([0], axis=1)


class TestDescription:
    def test_attributes(self):
        X, _ = make(n=2)

        assert X.shape == (6, 2)
        assert X.ndim == 2
        assert len(X) == 6
        assert X.names == ("image", "sound")
        assert X.row_shapes == {"image": (2, 3), "sound": (4,)}
        assert X.dtypes == {"image": np.uint8, "sound": np.float64}
        assert "image" in X
        assert "word" not in X

    def test_repr_counts_the_rows(self):
        X, _Y = combine_tasks(
            {
                "digit": (np.zeros((6, 28, 28), np.uint8), range(6)),
                "word": (np.zeros((3, 40, 32), np.float32), range(3)),
            }
        )
        assert repr(X) == (
            "Inputs of 9 rows: digit (28, 28) uint8 in 6, word (40, 32) float32 in 3"
        )
        assert repr(X[5:7]).startswith("Inputs of 2 rows: digit (28, 28) uint8 in 1,")


class TestGather:
    def test_keeps_the_dtype_of_one_table(self):
        table = np.arange(8, dtype=np.uint8).reshape(4, 2)
        X = combine_inputs({"a": table})
        gathered = X.gather("a", [3, 3, 0])

        assert gathered.dtype == np.uint8
        np.testing.assert_array_equal(gathered, table[[3, 3, 0]])

    def test_dtypes_meet_in_one_that_holds_all(self):
        X, _ = make()
        assert X.gather("sound", np.arange(12)).dtype == np.float64

    def test_byte_order_becomes_that_of_the_machine(self):
        X = combine_inputs({"a": np.arange(6, dtype=">f4").reshape(3, 2)})

        assert X.gather("a", [1]).dtype.isnative
        assert X.whole_table("a") is None
        np.testing.assert_array_equal(X.gather("a", [1]), [[2, 3]])

    def test_no_positions(self):
        X, _ = make()
        assert X.gather("image", []).shape == (0, 2, 3)

    @pytest.mark.parametrize("positions", [[0, -1], [100]])
    def test_position_of_no_row(self, positions):
        X = combine_inputs({"a": np.eye(3)})
        with pytest.raises(IndexError):
            X.gather("a", positions)

    def test_whole_table_is_the_table_itself(self):
        table = np.eye(3)
        X = combine_inputs({"a": table, "b": sparse.csr_array(table)})

        assert X[[1]].whole_table("a") is table
        assert X.whole_table("b") is None
        assert make()[0].whole_table("image") is None


class TestTables:
    def test_their_length_is_that_of_all_rows(self):
        X = combine_inputs({"a": np.eye(5), "b": sparse.eye_array(5).tocsr()})

        assert X[[1, 1]].table_length("a") == 5
        assert not X.is_sparse("a")
        assert X[[1]].is_sparse("b")


class TestToArray:
    def test_it_is_none(self):
        """An estimator that takes one table would fit, and then not predict."""
        X, _ = make()
        with pytest.raises(TypeError, match=r"is no array. Take .* with X\[name\]"):
            np.asarray(X)


def on_disk(tmp_path, shape=(50, 4), dtype=np.float32):
    table = np.memmap(tmp_path / "table", dtype=dtype, mode="w+", shape=shape)
    table[:] = np.arange(table.size).reshape(shape)
    table.flush()
    return np.memmap(tmp_path / "table", dtype=dtype, mode="r", shape=shape)


class TestMemory:
    def test_a_mapped_table_stays_on_disk(self, tmp_path):
        table = on_disk(tmp_path)
        X = combine_inputs({"a": table})

        assert X["a"] is table
        assert X.whole_table("a") is None
        assert type(X.gather("a", [2, 1])) is np.ndarray
        np.testing.assert_array_equal(X[[2, 1]]["a"], table[[2, 1]])

    def test_so_does_a_view_of_one(self, tmp_path):
        table = np.asarray(on_disk(tmp_path))[10:]
        X, _ = combine_tasks({"a": (table, np.zeros(40))})

        assert X["a"] is table
        assert X[5:].whole_table("a") is None

    def test_nothing_of_the_tables_is_copied_until_it_is_asked_for(self, tmp_path):
        table = np.zeros((20_000, 100), dtype=np.float32)
        mapped = on_disk(tmp_path, shape=(20_000, 100))
        tracemalloc.start()
        try:
            X = combine_inputs({"a": table, "b": mapped})
            train, test = train_test_split(X, random_state=0)
            current, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert len(train) + len(test) == len(X)
        # Row numbers only: 8 bytes of 800 in each row, and a few copies of them.
        assert current < 0.05 * table.nbytes
        assert peak < 0.1 * table.nbytes


def gathered_sum(X, name):
    return X.gather(name, X.positions(name)[X.has(name)]).sum()


class TestInsideScikitLearn:
    def test_pickling_keeps_the_rows(self):
        X, padded = make()
        padded[[7, 0, 0]].assert_same(pickle.loads(pickle.dumps(X[[7, 0, 0]])))

    def test_deepcopy_has_tables_of_its_own(self):
        X, padded = make()
        copied = copy.deepcopy(X)

        padded.assert_same(copied)
        assert not np.shares_memory(copied[:]["image"], X[:]["image"])

    def test_a_mapped_table_is_pickled_with_its_numbers(self, tmp_path):
        X = combine_inputs({"a": on_disk(tmp_path)})
        loaded = pickle.loads(pickle.dumps(X[3:]))

        np.testing.assert_array_equal(loaded["a"], X[3:]["a"])
        assert loaded.whole_table("a") is not None

    def test_processes(self, tmp_path):
        table = on_disk(tmp_path, shape=(50_000, 8))
        X = combine_inputs({"a": np.array(table), "b": table})
        sums = Parallel(n_jobs=2)(
            delayed(gathered_sum)(X[start:], name)
            for start in (0, 49_999)
            for name in X.names
        )
        expected = [table.sum(), table.sum(), table[-1].sum(), table[-1].sum()]
        np.testing.assert_allclose(sums, expected)

    def test_splits(self):
        X, padded = make(n=10)
        y = np.arange(30) % 2
        Y = np.column_stack([y, np.arange(30) % 3])
        check_consistent_length(X, Y)
        for splitter in (
            KFold(3),
            StratifiedKFold(3),
            ShuffleSplit(3, random_state=0),
            MultiTaskKFold(3, random_state=0),
        ):
            labels = Y if isinstance(splitter, MultiTaskKFold) else y
            for train, test in splitter.split(X, labels):
                padded[train].assert_same(X[train])
                padded[test].assert_same(X[test])

    @pytest.mark.parametrize("split", [train_test_split, multitask_train_test_split])
    def test_train_test_split(self, split):
        X, padded = make(n=10)
        Y = np.column_stack([np.arange(30) % 2, np.arange(30) % 3])
        rows = np.arange(30)
        train, test, _, _, train_rows, test_rows = split(X, Y, rows, random_state=0)

        padded[train_rows].assert_same(train)
        padded[test_rows].assert_same(test)

    @pytest.mark.parametrize("draw", [shuffle, resample])
    def test_shuffle_and_resample(self, draw):
        X, padded = make()
        drawn, rows = draw(X, np.arange(len(X)), random_state=0)
        padded[rows].assert_same(drawn)


def take_a(X):
    return X["a"].reshape(len(X), -1)


@pytest.fixture
def shared_rows():
    rng = np.random.default_rng(0)
    table = rng.standard_normal((60, 2, 2))
    X = combine_inputs({"a": table, "b": rng.standard_normal((60, 3))})
    Y = (table.reshape(60, 4)[:, :2] > 0).astype(int)
    return X, Y


@pytest.fixture
def pipeline():
    return Pipeline(
        [
            ("nothing", "passthrough"),
            ("take", FunctionTransformer(take_a)),
            ("classify", LogisticRegression()),
        ]
    )


class TestAsX:
    """The same results as with the table in its place."""

    @pytest.mark.parametrize("n_jobs", [None, 2])
    def test_cross_validation(self, shared_rows, pipeline, n_jobs):
        X, Y = shared_rows
        table = take_a(X)
        model = LogisticRegression()
        cv = KFold(3)

        np.testing.assert_array_equal(
            cross_val_score(pipeline, X, Y[:, 0], cv=cv, n_jobs=n_jobs),
            cross_val_score(model, table, Y[:, 0], cv=cv),
        )
        np.testing.assert_array_equal(
            cross_val_predict(pipeline, X, Y[:, 0], cv=cv, n_jobs=n_jobs),
            cross_val_predict(model, table, Y[:, 0], cv=cv),
        )

    def test_grid_search(self, shared_rows, pipeline):
        X, Y = shared_rows
        values = [0.01, 1.0]
        search = GridSearchCV(pipeline, {"classify__C": values}, cv=3)
        plain = GridSearchCV(LogisticRegression(), {"C": values}, cv=3)

        np.testing.assert_array_equal(
            search.fit(X, Y[:, 0]).cv_results_["mean_test_score"],
            plain.fit(take_a(X), Y[:, 0]).cv_results_["mean_test_score"],
        )

    def test_independent_tasks(self, shared_rows, pipeline):
        X, Y = shared_rows
        Y = Y.astype(float)
        Y[::3, 0] = np.nan
        Y[1::3, 1] = np.nan
        plain = IndependentTasksClassifier(LogisticRegression()).fit(take_a(X), Y)
        model = IndependentTasksClassifier(pipeline).fit(X, Y)

        np.testing.assert_array_equal(model.predict(X), plain.predict(take_a(X)))
