"""What learning with a second task does to the score."""

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sklearn_mtl.datasets import make_multitask_regression
from sklearn_mtl.inspection import task_affinity
from sklearn_mtl.linear_model import RegularizedMTLRegressor
from sklearn_mtl.model_selection import compare_with_single_task
from sklearn_mtl.neural_network import MultiTaskNetRegressor


@pytest.fixture
def data():
    return make_multitask_regression(90, 5, n_tasks=3, noise=0.5, random_state=0)


def test_is_the_gain_by_a_second_task(data):
    X, Y = data
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    folds = list(KFold(3).split(X))
    affinity = task_affinity(tree, X, Y, "pairwise", cv=folds, scoring="r2")
    gains = []
    for train, test in folds:
        both = tree.fit(X[train], Y[train][:, [0, 2]]).predict(X[test])[:, 1]
        alone = tree.fit(X[train], Y[train, 2]).predict(X[test])
        total = ((Y[test, 2] - Y[test, 2].mean()) ** 2).sum()
        errors = [((Y[test, 2] - z) ** 2).sum() / total for z in (both, alone)]
        gains.append(errors[1] - errors[0])
    assert affinity.loc["task0", "task2"] == pytest.approx(np.mean(gains))
    assert (affinity.to_numpy().diagonal() == 0).all()


def test_conflicting_tasks_hurt_each_other():
    """One hidden unit cannot serve two clusters of unrelated tasks."""
    X, Y = make_multitask_regression(
        240,
        n_tasks=4,
        n_clusters=2,
        relatedness=0.95,
        n_informative=20,
        noise=0.5,
        random_state=0,
    )
    net = MultiTaskNetRegressor(
        (1,),
        preset="plain",
        max_epochs=60,
        lr=1e-2,
        early_stopping=False,
        random_state=0,
    )
    affinity = task_affinity(net, X, Y, "pairwise", cv=3, random_state=0).to_numpy()
    across = np.concatenate([affinity[:2, 2:].ravel(), affinity[2:, :2].ravel()])
    assert (across < 0).all()
    assert across.mean() < -0.2
    assert np.abs([affinity[0, 1], affinity[1, 0]]).max() < 0.1
    verdicts = compare_with_single_task(net, X, Y, cv=4, random_state=0).summary()
    assert "hurts" in verdicts["verdict"].tolist()


def test_budget_goes_to_the_pairs_that_promise_most():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 4))
    Y = X @ rng.normal(size=(4, 4))
    Y[:, 3] = Y[:, 1] + 0.01 * rng.normal(size=80)
    reg = RegularizedMTLRegressor("trace", 0.1)
    affinity = task_affinity(reg, X, Y, "pairwise", cv=2, max_fits=10)
    known = np.argwhere(np.triu(~np.isnan(affinity), 1)).tolist()
    assert known == [[1, 3]]


def test_budget_too_small_for_a_pair(data):
    reg = RegularizedMTLRegressor("trace", 0.1)
    message = "'max_fits' parameter of task_affinity must be at least 8"
    with pytest.raises(ValueError, match=message):
        task_affinity(reg, *data, "pairwise", cv=2, max_fits=7)


def test_a_large_budget_changes_nothing(data):
    reg = RegularizedMTLRegressor("trace", 0.1)
    found = [
        task_affinity(reg, *data, "pairwise", cv=2, max_fits=m, random_state=0)
        for m in (None, 1000)
    ]
    assert found[0].equals(found[1])


def test_pipelines_missing_labels_weights_and_threads(data):
    X, Y = data
    Y = Y.copy()
    Y[::4, 1] = np.nan
    pipeline = make_pipeline(StandardScaler(), RegularizedMTLRegressor("trace", 0.1))
    params = {"cv": 2, "random_state": 0, "sample_weight": np.linspace(1, 2, 90)}
    Y = pd.DataFrame(Y, columns=["a", "b", "c"])
    with parallel_config("threading"):
        found = [
            task_affinity(pipeline, X, Y, "pairwise", n_jobs=n, **params)
            for n in (1, 2)
        ]
    assert found[0].equals(found[1])
    assert found[0].index.tolist() == ["a", "b", "c"]
    assert not np.isnan(found[0].to_numpy()).any()


def test_what_an_estimator_says_of_each_task_goes_with_it(data):
    X, Y = data
    Y = pd.DataFrame(Y, columns=["a", "b", "c"])
    net = MultiTaskNetRegressor(
        (4,), task_weights={"c": 5.0}, max_epochs=2, random_state=0
    )
    affinity = task_affinity(net, X, Y, "pairwise", cv=2, random_state=0)
    reordered = task_affinity(
        net, X, Y[["c", "a", "b"]], "pairwise", cv=2, random_state=0
    )
    assert affinity.shape == reordered.shape == (3, 3)


def test_an_estimator_of_one_task_is_told_of_the_tasks():
    X = np.random.default_rng(0).normal(size=(40, 2))
    Y = (X > 0).astype(int)
    with pytest.raises(ValueError, match="1d array") as caught:
        task_affinity(LogisticRegression(), X, Y, "pairwise", cv=2)
    assert "While fitting the task(s) 'task0', 'task1'." in caught.value.__notes__
