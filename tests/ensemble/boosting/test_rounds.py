import numpy as np
import pytest

from sklearn_mtl.ensemble._boosting._rounds import RoundTracker


def follow(losses, constant=(1.0, 1.0), patience=2):
    tracker = RoundTracker(np.array(constant), patience)
    for row in losses:
        tracker.add(np.array(row))
    return tracker


def test_best_is_the_round_of_the_lowest_loss():
    tracker = follow([[0.9, 1.2], [0.8, 0.9], [0.85, 0.7]], patience=10)
    assert tracker.best.tolist() == [2, 3]
    assert tracker.n_rounds == 3
    assert tracker.is_learning.all()


def test_constant_is_best_where_nothing_is_learnt():
    assert follow([[1.1, 1.0], [1.2, 1.0]]).best.tolist() == [0, 0]


def test_a_task_that_is_done_stays_so():
    tracker = follow([[0.5, 0.9], [0.6, 0.8], [0.6, 0.7], [0.1, 0.6]])
    assert tracker.best.tolist() == [1, 4]
    assert tracker.is_learning.tolist() == [False, True]


def test_losses_are_relative_to_those_of_the_constants():
    tracker = follow([[0.5, 0.9]], constant=(2.0, 3.0))
    np.testing.assert_allclose(tracker.relative_losses(), [0.25, 0.3])


def test_a_task_without_labels_goes_on_with_the_others():
    tracker = follow([[0.5, 0.0], [0.4, 0.0]], constant=(1.0, 0.0))
    assert tracker.is_learning.tolist() == [True, True]
    assert tracker.best.tolist() == [2, 2]
    assert np.isnan(tracker.relative_losses()[1])
    for _ in range(2):
        tracker.add(np.array([0.4, 0.0]))
    assert tracker.is_learning.tolist() == [False, False]


@pytest.mark.parametrize("constant", [(), (0.0, 0.0)])
def test_nothing_to_learn(constant):
    tracker = follow([], constant=constant)
    assert not tracker.is_learning.any()
    assert not tracker.best.any()
