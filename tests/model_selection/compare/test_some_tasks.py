"""A task without a label in a training part costs its own cells only."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_mtl.model_selection import compare_estimators, compare_with_single_task
from sklearn_mtl.model_selection._compare._some_tasks import SomeTasks
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import MultiTaskNet, MultiTaskNetClassifier

FOLDS = [(np.arange(40, 120), np.arange(40)), (np.arange(80), np.arange(80, 120))]
KEPT = np.array([0, 2])


@pytest.fixture(scope="module")
def data():
    """The second task has labels in the first forty rows only."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(120, 4))
    Y = (X[:, :3] > 0).astype(float)
    Y[40:, 1] = np.nan
    return X, Y


def test_other_tasks_are_as_without_it(data):
    X, Y = data
    net = MultiTaskNetClassifier(
        (8,), task_weights=[1, 2, 3], max_epochs=5, random_state=0
    )
    with pytest.warns(UserWarning, match="'task1' have no score in some folds"):
        comparison = compare_with_single_task(net, X, Y, cv=FOLDS)
    net.set_params(task_weights=[1, 3])
    train, test = FOLDS[0]
    expected = net.fit(X[train], Y[train][:, KEPT]).predict(X[test]) == Y[test][:, KEPT]
    scores = comparison.scores_["multi-task"]
    np.testing.assert_allclose(scores[0, KEPT], expected.mean(axis=0))
    # There is nothing to train on in the first fold, and nothing to test on in the
    # second.
    assert np.isnan(scores[:, 1]).all()
    assert np.isfinite(scores[:, KEPT]).all()
    assert comparison.summary()["n_folds"].tolist() == [2, 0, 2]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames(data, library):
    X, Y = data
    module = pytest.importorskip(library)
    table = module.DataFrame(dict(zip("abc", Y.T, strict=True)))
    net = MultiTaskNetClassifier(
        (8,), task_weights={"b": 2.0, "c": 3.0}, max_epochs=2, random_state=0
    )
    with pytest.warns(UserWarning, match="'b' have no score"):
        comparison = compare_with_single_task(net, X, table, cv=FOLDS)
    assert np.isfinite(comparison.scores_["multi-task"][:, KEPT]).all()


def test_tuned_and_weighted(data):
    X, Y = data
    weight = np.where(np.isnan(Y), 0.0, 1.0)
    with pytest.warns(UserWarning, match="'task1' have no score"):
        comparison = compare_with_single_task(
            LogisticRegressionOfTasks(),
            X,
            np.nan_to_num(Y, nan=5.0),
            sample_weight=weight,
            scoring={"task2": "roc_auc"},
            search={"estimator__C": [0.1, 1.0]},
            cv=FOLDS,
            random_state=0,
        )
    chosen = comparison.best_params_["single task"][0]
    assert list(chosen) == ["task0", "task1"]  # of the two tasks that are there
    assert np.isfinite(comparison.scores_["single task"][:, KEPT]).all()


def LogisticRegressionOfTasks():
    return IndependentTasksClassifier(LogisticRegression())


def test_no_label_at_all_in_a_training_part():
    X = np.arange(40.0)[:, np.newaxis]
    y = np.where(np.arange(40) < 20, np.arange(40) % 2, np.nan)
    folds = [(np.arange(20), np.arange(20)), (np.arange(20, 40), np.arange(20))]
    alone = LogisticRegressionOfTasks()
    with pytest.warns(UserWarning, match="have no score"):
        comparison = compare_estimators({"a": alone, "b": alone}, X, y, cv=folds)
    assert np.isnan(comparison.scores_["a"][:, 0]).tolist() == [False, True]
    assert np.isnan(comparison.fit_time_["a"]).tolist() == [False, True]
    assert "nan" not in str(comparison).splitlines()[-1]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (None, None),
        ([1, 2, 3], [1, 3]),
        (np.array([1.0, 2.0, 3.0]), [1, 3]),
        ({"task2": 3.0}, [1, 3]),
        ([[1, 2, 3], [3, 2, 1]], [[1, 2, 3], [3, 2, 1]]),  # something else
    ],
)
def test_task_weights(data, given, left):
    net = MultiTaskNetClassifier(task_weights=given)
    assert SomeTasks(data[1], KEPT).adapt(net).task_weights == left


def test_settings_of_tasks_by_name_and_position(data):
    net = MultiTaskNet(
        task_types={"task1": "regression", "task2": "classification"},
        class_weight=["balanced", None, {0: 1.0, 1: 2.0}],
    )
    SomeTasks(data[1], KEPT).adapt(net)
    # Tasks without a name are numbered anew.
    assert net.task_types == {"task1": "classification"}
    assert net.class_weight == ["balanced", {0: 1.0, 1: 2.0}]


def test_weights_of_classes_are_not_of_tasks(data):
    net = MultiTaskNetClassifier(class_weight={0: 1.0, 1: 2.0})
    assert SomeTasks(data[1], KEPT).adapt(net).class_weight == {0: 1.0, 1: 2.0}


def test_labels_stay_in_their_form(data):
    lists = [["a", 1, None], ["b", 2, "x"]]
    assert SomeTasks(lists, KEPT).labels.tolist() == [["a", None], ["b", "x"]]
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(lists, columns=list("abc"))
    pd.testing.assert_frame_equal(SomeTasks(frame, KEPT).labels, frame[["a", "c"]])


def test_class_weights_in_a_series(data):
    by_class = pd.Series({0: 1.0, 1: 2.0})
    net = MultiTaskNetClassifier(class_weight=by_class)
    assert SomeTasks(data[1], KEPT).adapt(net).class_weight == {0: 1.0, 1: 2.0}
    by_task = pd.Series({"task1": "balanced", "task2": by_class.to_dict()})
    net = MultiTaskNetClassifier(class_weight=by_task)
    adapted = SomeTasks(data[1], KEPT).adapt(net).class_weight
    assert adapted == {"task1": {0: 1.0, 1: 2.0}}
