"""Which inputs the tasks share."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from joblib import parallel_config
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_mtl.datasets import make_multitask_regression
from sklearn_mtl.inspection import GroupedTasksRegressor, task_feature_importance
from sklearn_mtl.inspection._permutation_importance import permute_feature
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)


@pytest.fixture(scope="module")
def planted():
    """Task a looks at the first two inputs, task b at the second and third."""
    X = np.random.RandomState(0).normal(size=(300, 4))
    Y = np.column_stack([X[:, 0] + X[:, 1], X[:, 1] - 2 * X[:, 2]])
    return X, Y


def test_which_inputs_are_shared(planted):
    reg = LinearRegression().fit(*planted)
    importance = task_feature_importance(reg, *planted, random_state=0)
    assert importance.index.tolist() == ["x0", "x1", "x2", "x3"]
    assert importance.columns.tolist() == ["task0", "task1"]
    # Permuting an input with a share v of the variance of a target costs 2 v in R².
    expected = [[1, 0], [1, 0.4], [0, 1.6], [0, 0]]
    assert importance.to_numpy() == pytest.approx(np.array(expected), abs=0.25)
    assert importance.to_numpy()[[0, 2, 3], [1, 0, 0]] == pytest.approx(0, abs=1e-12)


def test_the_mean_agrees_with_scikit_learn(planted):
    X, Y = planted
    forest = RandomForestRegressor(20, random_state=0).fit(X, Y)
    found = task_feature_importance(forest, X, Y, n_repeats=30, random_state=0)
    theirs = permutation_importance(forest, X, Y, n_repeats=30, random_state=0)
    mean = found.mean(axis=1).to_numpy()
    assert mean == pytest.approx(theirs.importances_mean, abs=0.05)


def test_missing_labels_are_left_out(planted):
    X, Y = planted
    reg = LinearRegression().fit(X, Y)
    hidden = np.random.RandomState(0).rand(*Y.shape) < 0.3
    params = {"random_state": 0, "n_repeats": 2}
    found = task_feature_importance(reg, X, np.where(hidden, np.nan, Y), **params)
    sentinel = task_feature_importance(
        reg, X, np.where(hidden, -99, Y), missing_label=-99, **params
    )
    weighted = task_feature_importance(reg, X, Y, sample_weight=~hidden, **params)
    assert found.equals(sentinel)
    assert found.to_numpy() == pytest.approx(weighted.to_numpy())


def test_kinds_of_tasks_and_scoring(planted):
    X, Y = planted
    Y = pd.DataFrame({"amount": Y[:, 0], "kind": np.where(Y[:, 1] > 0, "high", "low")})
    net = MultiTaskNet((16,), max_epochs=20, random_state=0).fit(X, Y)
    found = task_feature_importance(
        net, X, Y, scoring={"kind": "balanced_accuracy"}, random_state=0
    )
    assert found.columns.tolist() == ["amount", "kind"]
    assert found["amount"].idxmax() in ("x0", "x1")
    assert found["kind"].idxmax() == "x2"
    reordered = task_feature_importance(
        net,
        X,
        Y[["kind", "amount"]],
        scoring={"kind": "balanced_accuracy"},
        random_state=0,
    )
    assert reordered.equals(found)


def test_one_prediction_for_all_metrics(planted):
    X, Y = planted
    Y = pd.DataFrame({"amount": Y[:, 0], "kind": Y[:, 1] > 0})
    net = MultiTaskNet((4,), max_epochs=1, random_state=0).fit(X, Y)
    calls = []
    predict = net.predict
    net.predict = lambda X: calls.append(0) or predict(X)
    task_feature_importance(net, X, Y, n_repeats=2)
    assert len(calls) == 1 + 4 * 2


@pytest.mark.parametrize("module", [pd, pl])
def test_tables_of_mixed_columns(module):
    rng = np.random.RandomState(0)
    city = rng.choice(["Rome", "Oslo", "Bonn"], size=200)
    frame = module.DataFrame({"age": rng.normal(size=200), "city": city})
    Y = np.column_stack([frame["age"].to_numpy() > 0, city == "Oslo"])
    columns = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["city"]), remainder="passthrough"
    )
    clf = make_pipeline(columns, IndependentTasksClassifier(LogisticRegression()))
    importance = task_feature_importance(clf.fit(frame, Y), frame, Y, random_state=0)
    assert importance.index.tolist() == ["age", "city"]
    assert importance.loc["city", "task1"] > 0.3
    assert importance.loc["age", "task0"] > 0.3
    assert importance.loc["city", "task0"] < 0.05


@pytest.mark.parametrize(
    "convert",
    [
        sparse.csr_array,
        sparse.csc_matrix,
        pd.DataFrame,
        lambda X: pd.DataFrame(X, index=np.arange(7)[::-1], columns=["a", "a", "b"]),
        lambda X: pl.DataFrame(X, schema=["a", "b", "c"]),
    ],
)
def test_permuting_a_column(convert):
    X = np.random.RandomState(0).rand(7, 3) * (
        np.random.RandomState(1).rand(7, 3) > 0.4
    )
    table = convert(X)
    found = permute_feature(table, 1, np.random.RandomState(0))
    expected = X.copy()
    expected[:, 1] = X[np.random.RandomState(0).permutation(7), 1]
    assert type(found) is type(table)
    as_array = found.toarray() if sparse.issparse(found) else found.to_numpy()
    assert (as_array == expected).all()
    before = table.toarray() if sparse.issparse(table) else table.to_numpy()
    assert (before == X).all()


def test_sparse_tables_give_the_same(planted):
    X, Y = planted
    reg = LinearRegression().fit(X, Y)
    dense = task_feature_importance(reg, X, Y, random_state=0)
    thin = task_feature_importance(reg, sparse.csr_array(X), Y, random_state=0)
    assert thin.to_numpy() == pytest.approx(dense.to_numpy())


def test_lists_and_one_dimension(planted):
    X, Y = planted
    reg = LinearRegression().fit(X, Y[:, 0])
    found = task_feature_importance(reg, X.tolist(), Y[:, 0].tolist(), random_state=0)
    assert found.columns.tolist() == ["task0"]
    assert found.equals(task_feature_importance(reg, X, Y[:, 0], random_state=0))


def test_threads_give_the_same(planted):
    reg = GroupedTasksRegressor(LinearRegression(), [0, 1]).fit(*planted)
    with parallel_config("threading"):
        found = [
            task_feature_importance(reg, *planted, n_jobs=n, random_state=0)
            for n in (1, 2)
        ]
    assert found[0].equals(found[1])


def test_a_task_without_labels_is_told_once(planted):
    X, Y = planted
    reg = LinearRegression().fit(X, Y)
    with pytest.warns(UndefinedMetricWarning, match="'task1'") as caught:
        found = task_feature_importance(reg, X, np.where([True, False], Y, np.nan))
    assert len(caught) == 1
    assert found["task1"].isna().all()
    assert found["task0"].notna().all()


def test_integrated_gradients_find_the_same_inputs(planted):
    X, Y = planted
    net = MultiTaskNetRegressor((32,), max_epochs=60, random_state=0).fit(X, Y)
    found = task_feature_importance(net, X, method="integrated_gradients").to_numpy()
    # For a linear task, |coefficient| E|x| in standard deviations of the target.
    expected = np.array([[1, 0], [1, 1], [0, 2], [0, 0]]) * np.sqrt(2 / np.pi)
    expected /= [np.sqrt(2), np.sqrt(5)]
    assert found == pytest.approx(expected, abs=0.12)


def test_integrated_gradients_in_a_pipeline(planted):
    X, Y = planted
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    net = MultiTaskNetRegressor((8,), max_epochs=5, random_state=0)
    pipeline = make_pipeline(StandardScaler(), net).fit(frame, Y)
    found = task_feature_importance(pipeline, frame, method="integrated_gradients")
    scaled = pipeline[:-1].transform(frame)
    expected = task_feature_importance(
        pipeline[-1], scaled, method="integrated_gradients"
    )
    assert found.index.tolist() == ["a", "b", "c", "d"]
    assert found.to_numpy() == pytest.approx(expected.to_numpy())


def test_a_step_that_does_not_name_its_features(planted):
    class Rename(StandardScaler):
        def get_feature_names_out(self, input_features=None):
            raise AttributeError("no names here")

    X, Y = planted
    net = MultiTaskNetRegressor((4,), max_epochs=1, random_state=0)
    pipeline = make_pipeline(Rename(), net).fit(X, Y)
    with pytest.raises(ValueError, match="use method='permutation'"):
        task_feature_importance(pipeline, X, method="integrated_gradients")


def test_errors(planted):
    X, Y = planted
    reg = LinearRegression().fit(X, Y)
    ask = task_feature_importance
    with pytest.raises(NotFittedError):
        ask(LinearRegression(), X, Y)
    with pytest.raises(ValueError, match="did you mean 'permutation'"):
        ask(reg, X, Y, method="permute")
    with pytest.raises(ValueError, match="given for method='permutation', got None"):
        ask(reg, X)
    with pytest.raises(ValueError, match="got LinearRegression"):
        ask(reg, X, Y, method="integrated_gradients")
    with pytest.raises(ValueError, match="a table of 300 rows, as X, got 10 rows"):
        ask(reg, X, Y[:10])
    grouped = GroupedTasksRegressor(LinearRegression(), [0, 1]).fit(X, Y)
    with pytest.raises(ValueError, match=r"the 2 task\(s\) of the estimator"):
        ask(grouped, X, Y[:, :1])


@pytest.mark.parametrize("what", ["categories", "gaps"])
def test_gradients_are_of_numbers(planted, what):
    X, Y = planted
    frame = pd.DataFrame(X, columns=list("abcd"))
    if what == "gaps":
        frame.loc[3, "b"] = np.nan
    else:
        frame["b"] = pd.Categorical(np.where(frame["b"] > 0, "high", "low"))
    net = MultiTaskNetRegressor((4,), max_epochs=2, random_state=0).fit(frame, Y)
    found = task_feature_importance(net, frame, Y, n_repeats=1, random_state=0)
    assert found.notna().all(axis=None)
    with pytest.raises(ValueError, match="'permutation' where X has categories or mis"):
        task_feature_importance(net, frame, method="integrated_gradients")


def test_images_have_no_columns():
    net = MultiTaskNetClassifier((4,), max_epochs=1, random_state=0)
    X, Y = make_multitask_regression(40, 4, n_tasks=2, random_state=0)
    net.fit(X, Y > 0)
    with pytest.raises(ValueError, match="one column per feature, got 3-D"):
        task_feature_importance(net, X.reshape(40, 2, 2), Y > 0)
