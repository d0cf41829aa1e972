import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV

from sklearn_mtl.datasets import (
    ParquetTable,
    load_digits_tasks,
    predict_to_parquet,
)
from sklearn_mtl.ensemble import MultiTaskForestClassifier
from sklearn_mtl.neural_network import MultiTaskNet

pytest.importorskip("pyarrow")
X, Y = load_digits_tasks(return_X_y=True)
X, Y = X[:300], Y[:300]


@pytest.fixture(scope="module")
def forest():
    return MultiTaskForestClassifier(4, random_state=0).fit(X, Y)


class Counting:
    """An estimator that notes how many rows it predicts, and may fail."""

    def __init__(self, estimator, fails_after=10**9):
        self.estimator = estimator
        self.classes_ = estimator.classes_
        self.task_names_ = estimator.task_names_
        self.n_rows = []
        self.fails_after = fails_after

    def predict(self, X):
        if sum(self.n_rows) + len(X) > self.fails_after:
            raise KeyboardInterrupt
        self.n_rows.append(len(X))
        return self.estimator.predict(X)

    def predict_proba(self, X):
        return self.estimator.predict_proba(X)


def read(path):
    return pd.read_parquet(sorted(path.glob("*.parquet")))


def test_predictions_and_probabilities(forest, tmp_path):
    found = read(predict_to_parquet(forest, X, tmp_path / "out", rows_per_part=70))
    assert len(list(tmp_path.glob("out/*.parquet"))) == 5
    names = list(forest.task_names_)
    assert found.columns[: len(names)].tolist() == names
    np.testing.assert_array_equal(found[names], forest.predict(X))
    for name, p in zip(names, forest.predict_proba(X), strict=True):
        columns = [c for c in found if c.startswith(f"{name}_proba_")]
        np.testing.assert_array_equal(found[columns], p)


def test_a_parquet_table(tmp_path):
    frame = pd.DataFrame(X[:, 20:24], columns=list("wxyz"))
    frame["city"] = np.where(Y[:, 1] == 1, "rome", "oslo")
    labels = pd.DataFrame({"odd": Y[:, 1] == 1, "size": Y[:, 0] / 2})
    (tmp_path / "in").mkdir()
    frame.to_parquet(tmp_path / "in" / "x.parquet", row_group_size=90)
    table = ParquetTable(tmp_path / "in", memory_budget=2000)
    net = MultiTaskNet((8,), max_epochs=2, random_state=0).fit(table, labels)
    selected = table[::-2]
    found = read(predict_to_parquet(net, selected, tmp_path / "out", rows_per_part=40))
    assert found.dtypes.astype(str).tolist() == ["bool", "float64"] + ["float64"] * 2
    expected = net.predict(selected)
    np.testing.assert_array_equal(found["odd"], expected[:, 0].astype(bool))
    np.testing.assert_allclose(found["size"], expected[:, 1].astype(float), rtol=1e-4)
    p = net.predict_proba(selected)[0]
    np.testing.assert_allclose(found["odd_proba_True"], p[:, 1], rtol=1e-4)


@pytest.mark.parametrize(
    ("estimator", "columns"),
    [
        (LinearRegression().fit(X, Y[:, 0]), ["task0"]),
        (LinearRegression().fit(X, Y), ["task0", "task1", "task2"]),
        (
            LogisticRegression(max_iter=5).fit(X, Y[:, 1]),
            ["task0", "task0_proba_0", "task0_proba_1"],
        ),
    ],
    ids=["one quantity", "several", "classes"],
)
def test_estimators_of_scikit_learn(estimator, columns, tmp_path):
    found = read(predict_to_parquet(estimator, X, tmp_path))
    assert found.columns.tolist() == columns
    predicted = estimator.predict(X).reshape(len(X), -1)
    np.testing.assert_allclose(found[columns[: predicted.shape[1]]], predicted)


def test_a_search_has_the_names_of_its_tasks(tmp_path):
    labels = pd.DataFrame(Y, columns=["a", "b", "c"])
    forest = MultiTaskForestClassifier(2, random_state=0)
    search = GridSearchCV(forest, {"max_depth": [2]}, cv=2).fit(X, labels)
    found = read(predict_to_parquet(search, X[:9], tmp_path))
    assert found.columns[:3].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("kind", ["pandas", "polars", "memmap"])
def test_sources(kind, tmp_path):
    np.save(tmp_path / "X.npy", X)
    source = {
        "pandas": pd.DataFrame(X),
        "polars": pl.DataFrame(X),
        "memmap": np.load(tmp_path / "X.npy", mmap_mode="r"),
    }[kind]
    model = LinearRegression().fit(X, Y)
    found = read(predict_to_parquet(model, source, tmp_path / "out", rows_per_part=99))
    np.testing.assert_allclose(found, model.predict(X), atol=1e-9)


@pytest.fixture
def dask_frame():
    frame = pytest.importorskip("dask.dataframe", reason="dask is not installed")
    table = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    return frame.from_pandas(table, npartitions=3, sort=False)


def test_partitions_of_a_dask_frame(forest, dask_frame, tmp_path):
    found = read(predict_to_parquet(forest, dask_frame, tmp_path))
    np.testing.assert_array_equal(found[forest.task_names_], forest.predict(X))
    assert len(list(tmp_path.glob("*.parquet"))) == 3


def test_partitions_that_are_there_are_not_computed_again(dask_frame, tmp_path):
    computed = []

    def note(part):
        computed.append(len(part))
        return part

    noted = dask_frame.map_partitions(note, meta=dask_frame._meta)
    model = LinearRegression().fit(X, Y)
    predict_to_parquet(model, noted, tmp_path)
    sizes = [len(part) for part in dask_frame.partitions]
    assert computed == sizes
    max(tmp_path.glob("*.parquet")).unlink()
    computed.clear()
    predict_to_parquet(model, noted, tmp_path)
    # The first one tells whether the estimator is the same.
    assert computed == [sizes[0], sizes[2]]


def test_what_was_interrupted_goes_on(forest, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        predict_to_parquet(
            Counting(forest, fails_after=130), X, tmp_path, rows_per_part=50
        )
    assert len(list(tmp_path.glob("*.parquet"))) == 2
    # Of what is there, a few rows are predicted again, to see that they are the same.
    going_on = Counting(forest)
    found = read(predict_to_parquet(going_on, X, tmp_path, rows_per_part=50))
    assert going_on.n_rows == [32, 50, 50, 50, 50]
    np.testing.assert_array_equal(found[forest.task_names_], forest.predict(X))
    done = Counting(forest)
    predict_to_parquet(done, X, tmp_path, rows_per_part=50)
    assert done.n_rows == []


def test_a_process_that_was_killed(tmp_path):
    """What it leaves is complete parts, and what it did not finish is done later."""
    code = """
    import sys, time
    import numpy as np
    from sklearn.linear_model import LinearRegression
    from sklearn_mtl.datasets import predict_to_parquet

    class Slow(LinearRegression):
        def predict(self, X):
            time.sleep(float(sys.argv[2]))
            return super().predict(X)

    X = np.arange(400.0).reshape(200, 2)
    model = Slow().fit(X, X @ [[1, 2], [3, 4]])
    predict_to_parquet(model, X, sys.argv[1], rows_per_part=10)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    process = subprocess.Popen([*command, "0.02"])
    deadline = time.monotonic() + 100
    while len(list(tmp_path.glob("*.parquet"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    there = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.parquet")}
    assert 3 <= len(there) < 20
    assert all(len(pd.read_parquet(path)) == 10 for path in there)
    subprocess.run([*command, "0"], check=True)
    assert all(path.stat().st_mtime_ns == when for path, when in there.items())
    X = np.arange(400.0).reshape(200, 2)
    np.testing.assert_allclose(read(tmp_path), X @ [[1, 2], [3, 4]])
    assert not list(tmp_path.glob(".*.new"))


def test_a_file_that_was_not_finished_is_written_anew(forest, tmp_path):
    predict_to_parquet(forest, X, tmp_path, rows_per_part=100)
    (tmp_path / "part-000001.parquet").unlink()
    (tmp_path / ".part-000001.parquet.new").write_text("half of")
    found = read(predict_to_parquet(forest, X, tmp_path, rows_per_part=100))
    np.testing.assert_array_equal(found[forest.task_names_], forest.predict(X))


def test_another_estimator(forest, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        predict_to_parquet(
            Counting(forest, fails_after=60), X, tmp_path, rows_per_part=50
        )
    other = MultiTaskForestClassifier(3, random_state=1).fit(X[::-1], Y)
    with pytest.raises(ValueError, match="begun with another estimator or other rows"):
        predict_to_parquet(other, X, tmp_path, rows_per_part=50)


def test_other_rows_or_parts(forest, tmp_path):
    predict_to_parquet(forest, X, tmp_path, rows_per_part=50)
    with pytest.raises(ValueError, match="begun with another source"):
        predict_to_parquet(forest, X[1:], tmp_path, rows_per_part=50)
    with pytest.raises(ValueError, match="begun with another rows_per_part"):
        predict_to_parquet(forest, X, tmp_path, rows_per_part=51)


def test_a_folder_of_something_else(forest, tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="'path' parameter of predict_to_parquet"):
        predict_to_parquet(forest, X, tmp_path)
    with pytest.raises(ValueError, match="a folder, or a new path, got the file"):
        predict_to_parquet(forest, X, tmp_path / "a.parquet")


def test_a_plan_that_is_broken(forest, tmp_path):
    predict_to_parquet(forest, X, tmp_path)
    plan = tmp_path / "_plan.json"
    assert json.loads(plan.read_text())["source"] == {"n_rows": 300}
    plan.write_text("{")
    with pytest.raises(ValueError, match="begun with another version"):
        predict_to_parquet(forest, X, tmp_path)


def test_wrong_parameters(forest, tmp_path):
    with pytest.raises(ValueError, match="'rows_per_part' parameter"):
        predict_to_parquet(forest, X, tmp_path, rows_per_part=0)


def test_days_as_classes(tmp_path):
    days = np.array(["2024-01-01", "2024-06-01"], dtype="datetime64[ns]")
    forest = MultiTaskForestClassifier(4, random_state=0).fit(X, days[Y[:, 1]])
    found = read(predict_to_parquet(forest, X, tmp_path / "out"))
    assert (found["task0"].to_numpy() == forest.predict(X).ravel()).all()
    assert list(found)[1:] == [
        "task0_proba_2024-01-01 00:00:00",
        "task0_proba_2024-06-01 00:00:00",
    ]


def test_a_task_that_is_called_as_a_probability_of_another(tmp_path):
    names = ["a", "a_proba_0"]
    frame = pd.DataFrame(Y[:, 1:], columns=names)
    forest = MultiTaskForestClassifier(4, random_state=0).fit(X, frame)
    with pytest.raises(ValueError, match=r"no task is called .* 'a_proba_0'"):
        predict_to_parquet(forest, X, tmp_path / "out")
