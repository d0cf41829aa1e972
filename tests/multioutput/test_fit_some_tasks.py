"""Fitting an estimator on some of the columns, as if these were all."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl._tasks import Tasks, read_targets
from sklearn_mtl.multioutput._copy_for_task import copy_for_task, copy_for_tasks
from sklearn_mtl.multioutput._fit_some_tasks import LabelledTable
from sklearn_mtl.neural_network import MultiTaskNet, MultiTaskNetClassifier


def read(X, Y, kinds="classification", weights=None):
    targets = read_targets(Y, owner="Owner")
    return LabelledTable(X, targets, weights, Tasks.infer(targets, kinds, "Owner"))


@pytest.fixture
def data():
    X = np.random.RandomState(0).normal(size=(30, 3))
    Y = np.empty((30, 3), dtype=object)
    Y[:, 0] = X[:, 0] > 0
    Y[:, 1] = np.where(X[:, 1] > 0, "up", "down")
    Y[:, 2] = (X[:, 2] > 0).astype(int)
    Y[:5, 0] = Y[3:9, 2] = None
    return X, Y


def test_labels_keep_their_types(data):
    rows = read(*data)
    table = rows.labels([2, 1], np.arange(4))
    assert table[0, 0] in (0, 1)
    assert isinstance(table[0, 0], int)
    assert table[3].tolist()[0] is None
    assert rows.labels([1], np.arange(2)).shape == (2,)
    assert rows.labels([2], np.arange(3)).dtype.kind == "i"


def test_rows_without_a_label_are_left_out():
    X = np.arange(6.0)[:, np.newaxis]
    Y = np.column_stack([X[:, 0], np.full(6, np.nan), 2 * X[:, 0]])
    Y[:2] = np.nan
    Y[5, 1] = 1.0
    fitted = read(X, Y, "regression").fit(LinearRegression(), [0, 2])
    assert fitted.predict([[7.0]])[0] == pytest.approx([7, 14])


def test_only_the_rows_asked_for(data):
    X, Y = data
    tree = DecisionTreeClassifier(random_state=0)
    rows = np.arange(10, 25)
    found = read(X, Y).fit(tree, [0, 2], rows)
    expected = tree.fit(X[rows], Y[rows][:, [0, 2]].astype(int))
    assert (found.predict(X) == expected.predict(X)).all()


def test_a_task_of_one_class_in_the_rows_gets_a_dummy(data):
    X, Y = data
    rows = np.flatnonzero(Y[:, 1] == "up")
    fitted = read(X, Y).fit(MultiTaskNetClassifier((2,)), [1], rows)
    assert set(fitted.predict(X)) == {"up"}


def test_no_label_in_the_rows(data):
    with pytest.raises(ValueError, match="no label of the task 'task0'") as caught:
        read(*data).fit(DecisionTreeClassifier(), [0], np.arange(5))
    assert caught.value.__notes__ == ["While fitting the task(s) 'task0'."]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"task_weights": [1.0, 2.0, 3.0]}, {"task_weights": [3.0, 1.0]}),
        ({"task_weights": {"task2": 3.0}}, {"task_weights": [3.0, 1.0]}),
        ({"task_weights": None}, {"task_weights": None}),
        ({"task_weights": [0.0, 1.0, 0.0]}, {"task_weights": None}),
        ({"class_weight": "balanced"}, {"class_weight": "balanced"}),
        (
            {"class_weight": ["balanced", None, {0: 2.0}]},
            {"class_weight": [{0: 2.0}, "balanced"]},
        ),
        ({"class_weight": {"task0": "balanced"}}, {"class_weight": [None, "balanced"]}),
        ({"task_types": "auto"}, {"task_types": ["classification", "classification"]}),
    ],
)
def test_what_is_said_of_each_task_is_reduced(data, params, expected):
    tasks = read(*data).tasks
    copy = copy_for_tasks(MultiTaskNet(**params), tasks, [2, 0])
    assert {name: getattr(copy, name) for name in expected} == expected


def test_for_one_task_it_is_in_one_dimension(data):
    tasks = read(*data).tasks
    net = MultiTaskNet(
        task_weights=[1, 2, 3],
        class_weight=["balanced", None, {0: 2.0}],
        task_types="auto",
    )
    copy = copy_for_task(net, tasks, 2)
    assert copy.task_weights is None
    assert copy.class_weight == {0: 2.0}
    assert copy.task_types == ["classification"]


BALANCE = {7: "balanced", 5: {0: 2.0, 1: 1.0}}


@pytest.mark.parametrize("make", [dict, pd.Series], ids=["dict", "series"])
def test_class_weights_of_columns_that_are_numbers(data, make):
    X, Y = data
    tasks = read(X, pd.DataFrame(Y, columns=[5, 6, 7])).tasks
    net = MultiTaskNetClassifier(class_weight=make(BALANCE))
    assert copy_for_tasks(net, tasks, [2, 1]).class_weight == ["balanced", None]
    assert copy_for_task(net, tasks, 0).class_weight == BALANCE[5]


def test_a_series_of_weights_of_classes_is_kept(data):
    weights = pd.Series({False: 1.0, True: 3.0})
    net = MultiTaskNetClassifier(class_weight=weights)
    copy = copy_for_task(net, read(*data).tasks, 0)
    pd.testing.assert_series_equal(copy.class_weight, weights)


@pytest.mark.parametrize("chosen", [[0, 2], [1, 2]], ids=["missing", "types"])
def test_labels_that_an_estimator_does_not_take(data, chosen):
    """What cannot be sorted is no reason that anybody understands."""
    X, Y = data
    Y[5:9, 2] = 0
    rows = read(X, Y)
    with pytest.raises(ValueError, match="DecisionTreeClassifier cannot be fitted to"):
        rows.fit(DecisionTreeClassifier(), chosen)


def test_missing_quantities_are_nan_whatever_the_others_are():
    """Trees take a table of objects, and with it None for a number."""
    Y = np.array([[True, 1.5], [None, 2.5], [False, 0.5]], dtype=object)
    table = read(np.eye(3), Y, "regression").labels([0, 1], np.arange(3))
    np.testing.assert_array_equal(table, [[1, 1.5], [np.nan, 2.5], [0, 0.5]])
    assert table.dtype == np.float64
