import pickle

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, train_test_split

from sklearn_mtl.datasets import ParquetTable
from sklearn_mtl.model_selection import MultiTaskKFold, multitask_train_test_split
from sklearn_mtl.neural_network import MultiTaskNet

TASKS = ["label", "quantity"]


@pytest.fixture
def table(write, frame):
    folder = write(frame[:12], frame[12:13], frame[13:], row_group_size=5)
    return ParquetTable(folder, tasks=TASKS)


def plain(frame):
    """Return a frame without the types by which pandas says what is missing."""
    return frame.astype(object).where(frame.notna(), None).reset_index(drop=True)


def test_attributes(table, frame):
    assert table.shape == (30, 7)
    assert len(table) == 30
    assert table.ndim == 2
    assert table.features == tuple(frame.columns[:7])
    assert table.tasks == tuple(TASKS)
    assert len(table.paths) == 3


def test_repr(table):
    assert repr(table[:1]) == (
        "ParquetTable of 1 row in 3 files: 5 numbers, 2 categories; "
        "tasks 'label', 'quantity'"
    )


def test_read_returns_the_features(table, frame):
    read = table.read()
    assert_frame_equal(plain(read), plain(frame[[*table.features]]), check_dtype=False)
    assert [read[name].dtype for name in ("text", "category")] == ["category"] * 2


def test_targets_keep_their_types(table, frame):
    Y = table.targets()
    assert_frame_equal(Y, frame[TASKS])


@pytest.mark.parametrize(
    "key",
    [
        slice(3, 25, 4),
        slice(None, None, -1),
        [29, 0, 0, 13],
        np.arange(30) % 3 == 0,
        np.array([-1, 5]),
        [],
    ],
    ids=["slice", "backwards", "repeated", "mask", "negative", "none"],
)
def test_rows_are_selected_as_in_an_array(table, frame, key):
    rows = np.arange(30)[key] if len(np.arange(30)[key]) else np.array([], dtype=int)
    expected = frame.iloc[rows]
    selected = table[key]
    assert len(selected) == len(rows)
    assert_frame_equal(
        plain(selected.read()), plain(expected[[*table.features]]), check_dtype=False
    )
    assert_frame_equal(
        plain(selected.targets()), plain(expected[TASKS]), check_dtype=False
    )


def test_selections_of_selections(table, frame):
    selected = table[::2][[3, 1]].take([1, 0, -1])
    expected = frame["count"].iloc[[2, 6, 2]]
    assert selected.read()["count"].tolist() == expected.tolist()
    assert len(table[4]) == 1
    assert len(table[[1, 2], :]) == 2


def test_wrong_keys(table):
    with pytest.raises(IndexError, match="no row 30 among 30"):
        table[[30]]
    with pytest.raises(IndexError, match="The rows of ParquetTable are selected"):
        table["number"]
    with pytest.raises(IndexError, match="ParquetTable are indexed by rows"):
        table[:, 0]
    with pytest.raises(ValueError, match="along axis 0"):
        table.take([0], axis=1)


def test_it_is_no_array(table):
    with pytest.raises(TypeError, match=r"is no array. Read its rows with \.read\(\)"):
        np.asarray(table)


def test_pickle(table):
    copied = pickle.loads(pickle.dumps(table[5:8]))
    assert_frame_equal(copied.read(), table[5:8].read())


def test_columns_that_are_not_there(write, frame):
    folder = write(frame)
    with pytest.raises(ValueError, match=r"'features' .* \(did you mean 'count'\?\)"):
        ParquetTable(folder, features=["cuont"])
    with pytest.raises(ValueError, match=r"'tasks' .* \(did you mean 'label'\?\)"):
        ParquetTable(folder, tasks="lable")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"features": ["label"], "tasks": ["label"]}, "other columns than the tasks"),
        ({"features": ["count", "count"]}, "unique names"),
        ({"features": []}, "at least 1 column"),
        ({"memory_budget": 0}, "'memory_budget' parameter of ParquetTable"),
    ],
    ids=["both", "twice", "none", "budget"],
)
def test_wrong_parameters(write, frame, parameters, message):
    with pytest.raises(ValueError, match=message):
        ParquetTable(write(frame), **parameters)


def test_a_feature_that_is_neither_number_nor_string(write, frame):
    folder = write(frame.assign(when=pd.Timestamp("2024-01-01")))
    assert ParquetTable(folder, features=["count"]).shape == (30, 1)
    with pytest.raises(ValueError, match="numbers or strings, got 'when' of type time"):
        ParquetTable(folder)


def test_targets_need_tasks(write, frame):
    with pytest.raises(ValueError, match="the columns of the labels"):
        ParquetTable(write(frame)).targets()


def test_the_index_of_pandas_is_no_feature(tmp_path, frame):
    frame[["count"]].iloc[::2].to_parquet(tmp_path / "x.parquet")
    assert ParquetTable(tmp_path).features == ("count",)


def test_splitters_of_scikit_learn(table, frame):
    X, X_test, Y, _ = train_test_split(table, frame[TASKS], random_state=0)
    assert (len(X), len(X_test)) == (22, 8)
    assert_frame_equal(plain(X.targets()), plain(Y), check_dtype=False)
    for train, test in KFold(3).split(table):
        assert len(table[train]) + len(table[test]) == 30


def test_splitters_that_stratify(table):
    Y = table.targets()
    X, _, Y_train, _ = multitask_train_test_split(table, Y, random_state=0)
    assert_frame_equal(plain(X.targets()), plain(Y_train), check_dtype=False)
    folds = list(MultiTaskKFold(3, random_state=0).split(table, Y))
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(30))


def test_a_search(table):
    net = MultiTaskNet((4,), max_epochs=1, batch_size=8)
    search = GridSearchCV(clone(net), {"lr": [0.01, 0.1]}, cv=KFold(2))
    search.fit(table, table.targets())
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
