import numpy as np
import pytest

from sklearn_mtl.ensemble._boosting._outputs import TaskOutputs

# Three classes, one, two, a quantity, two, three.
N_CLASSES = np.array([3, 1, 2, 1, 2, 3])
OUTPUTS = TaskOutputs(N_CLASSES, np.array([True, True, True, False, True, True]))
ENCODED = np.array(
    [
        [0, 0, 1, -1.5, 0, 2],
        [2, 0, np.nan, 0.5, 1, 1],
        [1, 0, 0, np.nan, 1, 0],
        [2, 0, 1, 2.5, 0, 0],
    ]
)
WEIGHTS = np.where(np.isnan(ENCODED), 0.0, np.arange(1, 5)[:, np.newaxis])
LABELS = OUTPUTS.encode(ENCODED, WEIGHTS)


def test_tasks_that_are_alike_lie_side_by_side():
    assert OUTPUTS.order.tolist() == [3, 2, 4, 0, 5]
    assert OUTPUTS.task.tolist() == [0, 1, 2, 3, 3, 3, 4, 4, 4]
    assert OUTPUTS.first.tolist() == [0, 1, 2, 3, 6]
    assert OUTPUTS.place.tolist() == [0, 1, 1, 3, 4, 5, 3, 4, 5]
    assert (OUTPUTS.n_tasks, OUTPUTS.n_outputs) == (5, 9)


def test_labels_become_targets():
    np.testing.assert_array_equal(LABELS.targets[0], [-1.5, 1, 0, 1, 0, 0, 0, 0, 1])
    np.testing.assert_array_equal(LABELS.weights[1], [2, 0, 2, 2, 2])
    np.testing.assert_array_equal(LABELS.total_weights(), [7, 8, 10, 10, 10])
    taken = LABELS.take(np.array([3, 0]))
    np.testing.assert_array_equal(taken.targets, LABELS.targets[[3, 0]])


def test_constants_have_the_lowest_loss():
    constants = OUTPUTS.find_constants(LABELS)

    def sum_losses(margins):
        return OUTPUTS.sum_losses(np.tile(margins, (4, 1)), LABELS)

    lowest = sum_losses(constants)
    for moved in np.vstack([np.eye(9), -np.eye(9)]) * 0.05:
        assert (sum_losses(constants + moved) >= lowest - 1e-6).all()
    gradients, _ = OUTPUTS.differentiate(np.tile(constants, (4, 1)), LABELS)
    np.testing.assert_allclose(gradients.sum(axis=0), 0, atol=1e-5)


def test_missing_labels_have_no_derivatives():
    gradients, hessians = OUTPUTS.differentiate(np.ones((4, 9), np.float32), LABELS)
    missing = LABELS.weights[:, OUTPUTS.task] == 0
    assert not gradients[missing].any()
    assert not hessians[missing].any()
    assert (hessians[~missing] > 0).all()


def test_derivatives_are_weighted():
    margins = np.ones((4, 9), np.float32)
    once = OUTPUTS.encode(ENCODED, (WEIGHTS > 0).astype(float))
    for weighted, plain in zip(
        OUTPUTS.differentiate(margins, LABELS),
        OUTPUTS.differentiate(margins, once),
        strict=True,
    ):
        expected = plain * np.arange(1, 5)[:, np.newaxis]
        np.testing.assert_allclose(weighted, expected, rtol=1e-6)


def test_probabilities_are_those_of_all_classes():
    n_classes = np.array([3, 1, 2, 4])
    outputs = TaskOutputs(n_classes, np.ones(4, dtype=bool))
    means = outputs.predict(np.random.RandomState(0).normal(size=(5, 8)))
    probabilities = outputs.split_probabilities(means)
    assert [p.shape[1] for p in probabilities] == n_classes.tolist()
    for p in probabilities:
        np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_array_equal(probabilities[2][:, 1], means[:, 0])
    np.testing.assert_array_equal(probabilities[3], means[:, 4:])


def test_values_of_tasks_without_output_are_0():
    values = np.arange(1, 6)
    assert OUTPUTS.for_all_tasks(values).tolist() == [4, 0, 2, 1, 3, 5]


@pytest.mark.parametrize("n_classes", [[1], [1, 1]])
def test_no_output_at_all(n_classes):
    outputs = TaskOutputs(np.array(n_classes), np.ones(len(n_classes), dtype=bool))
    encoded = np.zeros((3, len(n_classes)))
    labels = outputs.encode(encoded, np.ones_like(encoded))
    assert outputs.n_outputs == 0
    assert outputs.find_constants(labels).shape == (0,)
    for p in outputs.split_probabilities(np.empty((3, 0))):
        np.testing.assert_array_equal(p, np.ones((3, 1)))
