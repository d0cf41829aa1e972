"""The losses that weights of candidates minimise, and the prior on the weights."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss, r2_score

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.ensemble._combining._losses import LOSSES, measure_losses
from sklearn_mtl.ensemble._combining._out_of_fold import TaskPredictions

COUNTS = np.random.RandomState(1).uniform(0.5, 1.5, 50)


def predict(kind):
    """Return what two candidates predict for a task."""
    rng = np.random.RandomState(0)
    if kind == "classification":
        labels = np.array(["a", "b", "c"])[rng.randint(0, 3, 50)]
        responses = rng.dirichlet(np.ones(3), (2, 50))
    else:
        labels = rng.normal(5, 10, 50)
        responses = (labels + rng.normal(0, 3, (2, 50)))[..., np.newaxis]
    return TaskPredictions(np.arange(50), labels, COUNTS, responses)


def describe(kind):
    classes = np.array(["a", "b", "c"]) if kind == "classification" else None
    return Tasks(("t",), (kind,), (classes,), True, False)


def test_log_loss():
    task, tasks = predict("classification"), describe("classification")
    expected = [log_loss(task.labels, p, sample_weight=COUNTS) for p in task.responses]
    np.testing.assert_allclose(measure_losses([task], tasks), [expected])


def test_squared_error_by_variance():
    task, tasks = predict("regression"), describe("regression")
    expected = [
        1 - r2_score(task.labels, p[:, 0], sample_weight=COUNTS) for p in task.responses
    ]
    np.testing.assert_allclose(measure_losses([task], tasks), [expected])


def test_label_without_a_probability_has_a_finite_loss():
    task, tasks = predict("classification"), describe("classification")
    task.responses[0] = np.eye(3)[0]
    assert np.isfinite(measure_losses([task], tasks)).all()


def test_constant_quantity():
    task = TaskPredictions(np.arange(3), np.ones(3), np.ones(3), np.ones((1, 3, 1)))
    assert measure_losses([task], describe("regression")).tolist() == [[0.0]]


def test_nothing_was_predicted():
    nothing = TaskPredictions(
        np.empty(0, int), np.empty(0), np.empty(0), np.empty((2, 0, 3))
    )
    losses = measure_losses([nothing], describe("classification"))
    assert np.isnan(losses).tolist() == [[True, True]]


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_prior_alone_has_its_weights_for_the_best(kind):
    task = predict(kind)
    loss, weights = LOSSES[kind], np.array([0.3, 0.7])
    rows = loss.rows(task, describe(kind).classes[0])
    prior_rows, prior_counts = loss.prior(rows, task.counts, weights, 4.0)
    assert prior_counts.sum() == pytest.approx(4)
    np.testing.assert_allclose(
        loss.minimise(prior_rows, prior_counts), weights, atol=1e-6
    )


def test_truth_values_are_quantities():
    task, tasks = predict("regression"), describe("regression")
    labels = np.arange(50) % 3 > 0
    found, expected = (
        measure_losses([replace(task, labels=given)], tasks)
        for given in (labels, labels.astype(float))
    )
    np.testing.assert_array_equal(found, expected)
