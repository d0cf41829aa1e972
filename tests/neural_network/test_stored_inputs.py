"""Networks that learn from tables larger than memory."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.model_selection import KFold, cross_val_predict

from sklearn_mtl._storage import _array, _table
from sklearn_mtl.datasets import ParquetTable
from sklearn_mtl.model_selection import TaskWeightSearchCV, compare_with_single_task
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)

pytest.importorskip("pyarrow")
TASKS = ["a", "b"]
N_ROWS = 600
# A table of 600 rows of 8 numbers takes 19 kB.
SMALL_BUDGET = 16_000


@pytest.fixture(scope="module")
def frame():
    """Rows of two classification tasks with gaps, categories and missing labels."""
    X, y = make_classification(N_ROWS, 6, n_informative=4, random_state=0)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(X, columns=list("uvwxyz"))
    frame["city"] = pd.Categorical(rng.choice(["rome", "oslo", None], N_ROWS))
    frame["size"] = pd.Categorical(rng.choice(["big", "small"], N_ROWS))
    frame.loc[::9, "u"] = np.nan
    frame["a"] = y.astype(float)
    frame["b"] = np.where(X[:, 0] + (frame["size"] == "big") > 0, "yes", "no")
    frame.loc[::3, "a"] = np.nan
    frame.loc[1::4, "b"] = None
    return frame


@pytest.fixture(scope="module")
def folder(frame, tmp_path_factory):
    path = tmp_path_factory.mktemp("files")
    for number, start in enumerate(range(0, N_ROWS, 200)):
        part = frame.iloc[start : start + 200]
        part.to_parquet(path / f"{number}.parquet", row_group_size=60, index=False)
    return path


@pytest.fixture(scope="module")
def features(frame):
    return frame.drop(columns=TASKS)


@pytest.fixture
def table(folder):
    """A table that is read in windows."""
    return ParquetTable(folder, tasks=TASKS, memory_budget=SMALL_BUDGET)


@pytest.fixture
def mapped(tmp_path, monkeypatch):
    """An array on disk that counts as large."""
    for name in ("is_large_on_disk", "StoredArray.__init__"):
        of, _, method = name.rpartition(".")
        function = getattr(getattr(_array, of) if of else _array, method)
        if function.__defaults__:
            monkeypatch.setattr(function, "__defaults__", (SMALL_BUDGET,))
        else:
            monkeypatch.setitem(function.__kwdefaults__, "memory_budget", SMALL_BUDGET)
    X, y = make_classification(N_ROWS, 8, n_informative=5, random_state=0)
    np.save(tmp_path / "X.npy", X.astype(np.float32))
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    return X, np.column_stack([y, X[:, 0] > 0])


def make_net(**given):
    parameters = {"max_epochs": 4, "lr": 0.01, "random_state": 0, "batch_size": 32}
    return MultiTaskNetClassifier((16,), **(parameters | given))


def test_a_table_that_fits_is_learnt_as_a_frame_is(folder, frame, features):
    table = ParquetTable(folder, tasks=TASKS)
    on_disk = make_net().fit(table, table.targets())
    in_memory = make_net().fit(features, frame[TASKS])
    for a, b in zip(
        on_disk.predict_proba(table), in_memory.predict_proba(features), strict=True
    ):
        np.testing.assert_array_equal(a, b)
    assert on_disk.feature_names_in_.tolist() == features.columns.tolist()


def test_a_table_that_does_not_fit_is_learnt_about_as_well(table, frame, features):
    on_disk = make_net(max_epochs=10).fit(table, table.targets())
    in_memory = make_net(max_epochs=10).fit(features, frame[TASKS])
    scores = [net.score(features, frame[TASKS]) for net in (on_disk, in_memory)]
    assert min(scores) > 0.8
    assert abs(scores[0] - scores[1]) < 0.05


@pytest.mark.parametrize(
    "settings",
    [{}, {"preset": "plain"}, {"n_networks": 2}, {"balancer": "upgrad"}],
    ids=["default", "plain", "networks", "balancer"],
)
def test_the_same_seed_gives_the_same_network(table, settings):
    Y = table.targets()
    first, second = (make_net(**settings).fit(table, Y) for _ in range(2))
    np.testing.assert_array_equal(first.transform(table), second.transform(table))


def test_what_is_learnt_of_the_columns_is_that_of_all_rows(table, frame, features):
    on_disk = make_net().fit(table, table.targets()).module_.encoder
    in_memory = make_net().fit(features, frame[TASKS]).module_.encoder
    np.testing.assert_array_equal(on_disk.scaler.center, in_memory.scaler.center)
    np.testing.assert_array_equal(on_disk.scaler.scale, in_memory.scaler.scale)
    np.testing.assert_array_equal(on_disk.gaps, in_memory.gaps)


def test_predictions_are_those_of_the_rows_in_memory(table, features):
    net = make_net().fit(table, table.targets())
    order = np.random.default_rng(0).permutation(N_ROWS)[:450]
    for at in (order, np.sort(order)):
        np.testing.assert_allclose(
            net.transform(table[at]), net.transform(features.iloc[at]), rtol=1e-5
        )
    assert (net.predict(table[order]) == net.predict(features.iloc[order])).all()


def test_a_selection_is_learnt_alone(table):
    """Neither the rows that are left out, nor their categories, are seen."""
    rows = np.flatnonzero(table.read()["city"].to_numpy() != "rome")
    net = make_net().fit(table[rows], table[rows].targets())
    known = net._categories.encoder.categories_[0].tolist()
    assert known == ["oslo", None]


def test_regression(folder, features):
    table = ParquetTable(
        folder, features=["v", "w", "x", "y"], memory_budget=SMALL_BUDGET // 4
    )
    Y = features[["v", "w"]] @ [[1, 2], [0, 1]]
    net = MultiTaskNetRegressor((16,), max_epochs=30, lr=0.01, random_state=0)
    assert net.fit(table, Y.to_numpy()).score(table, Y.to_numpy()) > 0.9


def test_partial_fit_and_cross_validation(table):
    Y = table.targets()
    net = make_net()
    for part in (slice(0, 300), slice(300, None)):
        net.partial_fit(table[part], Y.iloc[part], classes=[[0.0, 1.0], ["no", "yes"]])
    assert net.n_iter_ == 2
    predicted = cross_val_predict(make_net(max_epochs=1), table, Y, cv=KFold(2))
    assert predicted.shape == (N_ROWS, 2)


def test_searches_and_comparisons(table):
    Y = table.targets()
    search = TaskWeightSearchCV(
        make_net(max_epochs=1), [{"a": 1}, {"a": 3}], cv=KFold(2)
    ).fit(table, Y)
    assert search.predict(table).shape == (N_ROWS, 2)
    found = compare_with_single_task(make_net(max_epochs=1), table, Y, cv=KFold(2))
    assert len(found.summary()) == 2


def test_transfer(table, features):
    net = make_net().fit(table, table.targets())
    labels = (features["v"] > 0).to_numpy()
    for freeze in (True, False):
        new = clone(net).fit(table, table.targets())
        new.transfer(table, labels, name="new", freeze=freeze)
        assert new.predict(table).shape == (N_ROWS, 3)


@pytest.mark.parametrize("budget", [SMALL_BUDGET, 10**8])
def test_a_column_of_strings_needs_to_be_categorical(folder, budget):
    table = ParquetTable(folder, tasks=TASKS, memory_budget=budget)
    with pytest.raises(ValueError, match="numbers in column 'city'"):
        make_net(categorical_features=None).fit(table, table.targets())
    net = make_net(categorical_features=["size", "city"])
    assert net.fit(table, table.targets())._categories.positions == (6, 7)


def test_other_columns_than_in_fit(table, folder):
    net = make_net(max_epochs=1).fit(table, table.targets())
    other = ParquetTable(folder, features=table.features[::-1])
    with pytest.raises(ValueError, match="feature names should match"):
        net.predict(other)


def test_no_rows(table):
    with pytest.raises(ValueError, match="at least 1 row"):
        make_net().fit(table[:0], np.empty((0, 2)))


def test_samplers_need_rows_at_random(table):
    with pytest.raises(ValueError, match="'task_sampler' parameter of"):
        make_net(task_sampler="uniform").fit(table, table.targets())


def test_what_is_not_finite_is_found_as_it_is_read(tmp_path):
    X = np.zeros((N_ROWS, 8))
    X[500, 3] = np.inf
    path = tmp_path / "x.parquet"
    pd.DataFrame(X, columns=list("abcdefgh")).to_parquet(path, row_group_size=50)
    table = ParquetTable(path, memory_budget=SMALL_BUDGET)
    with pytest.raises(ValueError, match="'X' parameter of MultiTaskNetClassifier"):
        make_net().fit(table, np.arange(N_ROWS) % 2)


# Arrays on disk


def test_a_large_array_on_disk(mapped):
    X, Y = mapped
    on_disk = make_net(max_epochs=10).fit(X, Y)
    in_memory = make_net(max_epochs=10).fit(np.array(X), Y)
    assert abs(on_disk.score(X, Y) - in_memory.score(X, Y)) < 0.05
    np.testing.assert_allclose(
        on_disk.transform(X), on_disk.transform(np.array(X)), rtol=1e-5
    )


def test_a_large_array_with_a_sampler(mapped):
    X, Y = mapped
    assert make_net(task_sampler="uniform").fit(X, Y).score(X, Y) > 0.6


def test_categories_of_an_array_on_disk(mapped):
    with pytest.raises(ValueError, match="None for an array on disk"):
        make_net(categorical_features=[0]).fit(*mapped)


def test_images_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(_array.is_large_on_disk, "__defaults__", (1000,))
    images = np.memmap(tmp_path / "X", np.uint8, "w+", shape=(60, 8, 8))
    images[::2, :4] = 255
    Y = np.arange(60) % 2
    net = make_net(encoder="conv", max_epochs=20).fit(images, Y)
    assert net.score(images, Y) == 1


def test_both_kinds_of_tasks(table, features):
    Y = pd.DataFrame({"class": features["v"] > 0, "quantity": features["w"]})
    net = MultiTaskNet((8,), max_epochs=2, random_state=0).fit(table, Y)
    assert net.task_types_ == ["classification", "regression"]


def test_the_budget_is_the_one_that_is_documented():
    assert ParquetTable.__init__.__kwdefaults__["memory_budget"] == _table.MEMORY_BUDGET
    assert _table.MEMORY_BUDGET == 536870912
