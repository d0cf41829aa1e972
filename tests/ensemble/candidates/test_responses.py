"""What estimators predict, arranged by the classes of the tasks."""

import numpy as np
import pytest

from sklearn_mtl.ensemble._candidates._responses import predict_columns, respond

CLASSES = [np.array(["no", "yes"]), np.arange(3)]
FIRST = np.array([[0.1, 0.9], [0.4, 0.6]])
SECOND = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])


class _Probabilities:
    def __init__(self, classes, probabilities):
        self.classes_ = classes
        self._probabilities = probabilities

    def predict_proba(self, X):
        return self._probabilities


class _Labels:
    def __init__(self, labels):
        self._labels = labels

    def predict(self, X):
        return self._labels


def test_one_array_per_task():
    found = respond(_Probabilities(CLASSES, [FIRST, SECOND]), None, CLASSES)
    np.testing.assert_array_equal(found[0], FIRST)
    np.testing.assert_array_equal(found[1], SECOND)


@pytest.mark.parametrize("as_list", [False, True])
def test_one_task(as_list):
    classes, probabilities = CLASSES[1], SECOND
    if as_list:
        classes, probabilities = [classes], [probabilities]
    (found,) = respond(_Probabilities(classes, probabilities), None, CLASSES[1:])
    np.testing.assert_array_equal(found, SECOND)


def test_second_classes_side_by_side():
    two = [np.arange(2)] * 3
    table = np.random.RandomState(0).uniform(size=(5, 3))
    found = respond(_Probabilities(two, table), None, two)
    for t, probabilities in enumerate(found):
        np.testing.assert_allclose(probabilities[:, 1], table[:, t])
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_classes_in_another_order_some_not_seen():
    estimator = _Probabilities([np.array(["yes"]), np.array([2, 0])], [[[1.0]], FIRST])
    estimator._probabilities = [np.ones((2, 1)), FIRST]
    found = respond(estimator, None, CLASSES)
    np.testing.assert_array_equal(found[0], [[0, 1], [0, 1]])
    np.testing.assert_array_equal(found[1], [[0.9, 0, 0.1], [0.6, 0, 0.4]])


def test_class_that_is_not_of_the_task():
    """All labels of it have weight 0, which the estimator may take for some."""
    (found,) = respond(_Probabilities(np.arange(3), SECOND), None, [np.array([0, 2])])
    np.testing.assert_array_equal(found, SECOND[:, [0, 2]])


def test_without_probabilities_the_predicted_class_is_sure():
    labels = np.array([["yes", 2], ["no", 0]], dtype=object)
    found = respond(_Labels(labels), None, CLASSES)
    np.testing.assert_array_equal(found[0], [[0, 1], [1, 0]])
    np.testing.assert_array_equal(found[1], [[0, 0, 1], [1, 0, 0]])


def test_quantities():
    table = np.arange(6.0).reshape(3, 2)
    found = respond(_Labels(table), None, [None, None])
    np.testing.assert_array_equal(np.hstack(found), table)


def test_columns_have_the_dtype_of_the_classes():
    labels = np.array([["yes", 2], ["no", 0]], dtype=object)
    first, second = predict_columns(_Labels(labels), None, CLASSES)
    assert first.dtype == CLASSES[0].dtype
    assert second.dtype == CLASSES[1].dtype
    (column,) = predict_columns(_Labels(np.array([1, 2])), None, [None])
    assert column.dtype == np.float64


def test_predictions_that_are_no_classes():
    message = r"_Labels must predict classes of the task \(0, 1, 2\), got 0.4, 7.0"
    with pytest.raises(ValueError, match=message):
        predict_columns(_Labels(np.array([0.4, 1, 7])), None, CLASSES[1:])


def test_second_class_of_one_task():
    (found,) = respond(_Probabilities(CLASSES[:1], FIRST[:, 1:]), None, CLASSES[:1])
    np.testing.assert_allclose(found, FIRST)
