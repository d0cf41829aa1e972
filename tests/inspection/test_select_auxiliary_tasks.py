"""Which other tasks to learn along with one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.tree import DecisionTreeRegressor

from sklearn_mtl.datasets import make_multitask_regression
from sklearn_mtl.inspection import select_auxiliary_tasks
from sklearn_mtl.linear_model import RegularizedMTLRegressor
from sklearn_mtl.neural_network import MultiTaskNetRegressor


def make_data(seed=0, relatedness=0.95, n_tasks=4, missing=0.85):
    """The first task has few labels; the others of its cluster can help."""
    return make_multitask_regression(
        300,
        40,
        n_tasks=n_tasks,
        n_informative=40,
        n_clusters=2,
        relatedness=relatedness,
        noise=0.5,
        missing_fraction=[missing, *[0.0] * (n_tasks - 1)],
        random_state=seed,
    )


@pytest.fixture(scope="module")
def data():
    return make_data()


@pytest.fixture
def reg():
    return RegularizedMTLRegressor("trace", 0.3)


def test_finds_the_task_that_helps(data, reg):
    found = select_auxiliary_tasks(reg, *data, "task0", random_state=0)
    assert found.tasks == ["task1"]
    assert found.verdict == "helps"
    assert found.ci_low > 0
    assert "To learn along with 'task0': 'task1'" in str(found)


def test_the_steps_say_all_that_was_tried(data, reg):
    steps = select_auxiliary_tasks(reg, *data, "task0", random_state=0).steps
    assert steps["step"].tolist() == [0, 1, 1, 1, 2, 2]
    assert steps.loc[steps["chosen"], "added"].iloc[1:].tolist() == ["task1"]
    gains = steps["mean"] - steps["mean"].iloc[0]
    assert steps["gain"].to_numpy() == pytest.approx(gains.to_numpy())


def test_none_is_an_answer(reg):
    """Unrelated tasks: hardly ever is one found to help."""
    found = []
    for seed in range(8):
        X, Y = make_multitask_regression(
            120, 10, n_tasks=4, n_clusters=4, noise=1.0, random_state=seed
        )
        found.append(select_auxiliary_tasks(reg, X, Y, 0, cv=4, random_state=0))
    assert sum(result.verdict == "helps" for result in found) <= 1
    assert sum(not result.tasks for result in found) >= 5
    assert "none" in str(next(result for result in found if not result.tasks))


def test_the_gain_is_not_that_of_the_best_on_its_own_folds():
    """The winner of many useless sets has a gain; honestly there is none."""
    X, Y = make_multitask_regression(
        60, 5, n_tasks=8, n_clusters=8, noise=2.0, random_state=0
    )
    honest, naive = [], []
    for seed in range(6):
        tree = DecisionTreeRegressor(max_depth=2, random_state=seed)
        found = select_auxiliary_tasks(tree, X, Y, 0, cv=4, random_state=seed)
        honest.append(found.gain)
        naive.append(found.steps["gain"].max())
    assert np.mean(honest) < np.mean(naive)


def test_the_budget_goes_to_what_promises_most(data, reg):
    found = select_auxiliary_tasks(
        reg, *data, "task0", cv=2, max_fits=4, random_state=0
    )
    assert found.steps["added"].tolist()[1:] == ["task1"]
    by_hand = np.zeros((4, 4))
    by_hand[3, 0] = 1.0
    found = select_auxiliary_tasks(
        reg, *data, "task0", cv=2, max_fits=5, affinity=by_hand, random_state=0
    )
    assert found.steps["added"].tolist()[1:] == ["task3"]
    names = ["task0", "task1", "task2", "task3"]
    by_name = pd.DataFrame(by_hand, names, names).iloc[::-1]
    again = select_auxiliary_tasks(
        reg, *data, "task0", cv=2, max_fits=5, affinity=by_name, random_state=0
    )
    assert again.steps["added"].tolist()[1:] == ["task3"]


def test_at_most_so_many(data, reg):
    found = select_auxiliary_tasks(reg, *data, "task0", max_tasks=1, random_state=0)
    assert found.steps["step"].max() == 1


def test_nets_names_and_a_missing_label():
    X, Y = make_data(n_tasks=3)
    Y = pd.DataFrame(Y, columns=["a", "b", "c"]).fillna(-99.0)
    net = MultiTaskNetRegressor((4,), max_epochs=5, missing_label=-99.0, random_state=0)
    found = select_auxiliary_tasks(
        net, X, Y, "a", cv=2, missing_label=-99.0, scoring="neg_mean_squared_error"
    )
    assert found.target == "a"
    assert set(found.steps["added"].iloc[1:]) == {"b", "c"}
    assert (found.steps["mean"] < 0).all()


def test_the_estimator_is_left_as_it_is(data, reg):
    select_auxiliary_tasks(reg, *data, 0, cv=2, max_fits=4)
    with pytest.raises(NotFittedError):
        reg.predict(data[0])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"target": "task00"}, "did you mean 'task0'"),
        ({"target": 9}, r"The 'target' parameter of .* its position"),
        ({"max_fits": 3, "cv": 2}, "at least 4: the target alone"),
        ({"affinity": np.eye(2)}, r"of shape \(4, 4\)"),
    ],
)
def test_errors(data, reg, params, message):
    with pytest.raises(ValueError, match=message):
        select_auxiliary_tasks(reg, *data, **({"target": "task0"} | params))
