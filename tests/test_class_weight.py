"""The weights of classes multiply those of labels."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklearn_mtl._class_weight import weigh_classes
from sklearn_mtl._tasks import Tasks, read_targets
from sklearn_mtl._validation import check_sample_weight
from sklearn_mtl.ensemble import MultiTaskBoostingClassifier, MultiTaskForestClassifier
from sklearn_mtl.neural_network import MultiTaskNetClassifier


def weigh(class_weight, Y, sample_weight=None, kinds="classification"):
    targets = read_targets(Y, owner="Net")
    weights = check_sample_weight(sample_weight, targets.observed, "Net")
    tasks = Tasks.infer(targets, kinds, "Net")
    return weigh_classes(
        class_weight, tasks, tasks.encode(targets, "Net"), weights, "Net"
    )


IMBALANCED = np.array([0, 0, 0, 1])
TWO_TASKS = np.array([[0, 2], [0, 1], [0, np.nan], [1, 1]])


def test_balanced_classes_weigh_alike():
    """n / (n_classes * count), as in scikit-learn."""
    np.testing.assert_allclose(weigh("balanced", IMBALANCED)[:, 0], [2 / 3] * 3 + [2])


def test_balanced_classes_count_by_their_weights():
    weights = weigh("balanced", IMBALANCED, np.array([1, 1, 0, 4.0]))[:, 0]
    np.testing.assert_allclose(weights[:2].sum(), weights[3])
    np.testing.assert_allclose(weights.sum(), 6)


def test_missing_labels_are_not_a_class():
    np.testing.assert_allclose(weigh("balanced", TWO_TASKS)[:, 1], [1.5, 0.75, 0, 0.75])


@pytest.mark.parametrize(
    "class_weight",
    [
        {"task0": {0: 5}, "task1": "balanced"},
        [{0: 5}, "balanced"],
        ({0: 5, 1: 1}, "balanced"),
        [{np.int64(0): np.float32(5)}, {2: 1.5, 1: 0.75}],
    ],
)
def test_spellings_of_class_weights(class_weight):
    expected = [[5, 1.5], [5, 0.75], [5, 0], [1, 0.75]]
    np.testing.assert_allclose(weigh(class_weight, TWO_TASKS), expected)


@pytest.mark.parametrize(
    "class_weight",
    [{5: {0: 5}, 7: "balanced"}, {"7": "balanced", "5": {0: 5}}],
    ids=["numbers", "strings"],
)
def test_columns_that_are_numbers(class_weight):
    weights = weigh(class_weight, pd.DataFrame(TWO_TASKS, columns=[5, 7]))
    np.testing.assert_allclose(weights, [[5, 1.5], [5, 0.75], [5, 0], [1, 0.75]])


def test_series_of_settings():
    """By name where the index has names of tasks, else by position."""
    expected = weigh([{0: 5}, "balanced"], TWO_TASKS)
    in_order = pd.Series([{0: 5}, "balanced"])
    by_name = pd.Series({"task1": "balanced", "task0": {0: 5}})
    for settings in (in_order, by_name):
        np.testing.assert_array_equal(weigh(settings, TWO_TASKS), expected)
    frame = pd.DataFrame(TWO_TASKS, columns=[5, 7])
    by_number = pd.Series({7: "balanced", 5: {0: 5}})
    np.testing.assert_array_equal(weigh(by_number, frame), expected)


@pytest.mark.parametrize("labels", [[0, 1], ["no", "yes"]], ids=["numbers", "words"])
def test_series_of_weights(labels):
    y = np.array(labels)[IMBALANCED]
    by_class = pd.Series([2.0, 3.0], index=labels)
    np.testing.assert_array_equal(weigh(by_class, y)[:, 0], [2, 2, 2, 3])
    np.testing.assert_array_equal(weigh([by_class], y)[:, 0], [2, 2, 2, 3])
    by_task = weigh({"task1": by_class}, np.column_stack([y, y]))
    np.testing.assert_array_equal(by_task, [[1, 2], [1, 2], [1, 2], [1, 3]])


def test_weights_of_classes_for_several_tasks():
    with pytest.raises(ValueError, match=r"keyed by task names \('task0', .*, got 0\."):
        weigh(pd.Series({0: 1.0, 1: 2.0}), TWO_TASKS)


@pytest.mark.parametrize(
    "estimator",
    [
        MultiTaskNetClassifier((2,), max_epochs=1),
        MultiTaskForestClassifier(2),
        MultiTaskBoostingClassifier(2),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_estimators_take_a_series(estimator):
    X, y = np.arange(8.0).reshape(4, 2), IMBALANCED
    estimator.set_params(random_state=0, class_weight=pd.Series({0: 1.0, 1: 3.0}))
    as_dict = clone(estimator).set_params(class_weight={0: 1.0, 1: 3.0})
    expected = as_dict.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(estimator.fit(X, y).predict_proba(X), expected)


def test_arrays_are_no_settings():
    message = r"a dict from class to weight for task 'task0', got array\(\[1, 2\]\)"
    with pytest.raises(ValueError, match=message):
        weigh([np.array([1, 2]), None], TWO_TASKS)


@pytest.mark.parametrize("class_weight", [None, {}, [None, None], {"task1": {}}])
def test_without_class_weights(class_weight):
    np.testing.assert_array_equal(weigh(class_weight, TWO_TASKS), ~np.isnan(TWO_TASKS))


def test_one_task_takes_a_dict_of_its_classes():
    y = np.array(["no", "yes", "no"])
    np.testing.assert_array_equal(weigh({"yes": 3}, y)[:, 0], [1, 3, 1])
    np.testing.assert_array_equal(weigh([{"yes": 3}], y)[:, 0], [1, 3, 1])


def test_class_weights_multiply_sample_weights():
    weights = weigh({0: 2, 1: 0}, IMBALANCED, np.array([1, 2, 3, 4.0]))[:, 0]
    np.testing.assert_array_equal(weights, [2, 4, 6, 0])


def test_quantities_have_no_class_weights():
    Y = np.array([[0, 5.0], [1, 7.0], [1, np.nan]])
    weights = weigh("balanced", Y, kinds=("classification", "regression"))
    np.testing.assert_allclose(weights, [[1.5, 1], [0.75, 1], [0.75, 0]])
