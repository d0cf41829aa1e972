"""The distribution over sets of tasks, against going over all sets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from sklearn_mtl.inspection import TaskSubsetDistribution

scores = st.lists(st.floats(-5, 5), min_size=1, max_size=6)


@given(scores, st.booleans())
@settings(deadline=None)
def test_probabilities_are_proportional_to_exponentials(s, allow_empty):
    subsets, p = TaskSubsetDistribution(s, allow_empty=allow_empty).probabilities()
    weights = np.exp(subsets @ np.array(s))
    assert len(subsets) == 2 ** len(s) - (not allow_empty)
    assert subsets.any(axis=1).all() or allow_empty
    assert p == pytest.approx(weights / weights.sum())


@given(scores, st.booleans())
@settings(deadline=None)
def test_inclusion_and_log_probabilities_agree(s, allow_empty):
    distribution = TaskSubsetDistribution(s, allow_empty=allow_empty)
    subsets, p = distribution.probabilities()
    assert distribution.inclusion_probabilities == pytest.approx(p @ subsets)
    logs = [distribution.log_probability(subset) for subset in subsets]
    assert np.exp(logs) == pytest.approx(p)


def test_with_the_empty_set_each_task_is_included_by_itself():
    s = np.array([-1.0, 0.0, 2.0])
    distribution = TaskSubsetDistribution(s, allow_empty=True)
    assert distribution.inclusion_probabilities == pytest.approx(expit(s))


@pytest.mark.parametrize("allow_empty", [False, True])
def test_samples_are_drawn_from_it(allow_empty):
    distribution = TaskSubsetDistribution([-1.0, 0.5, -2.0], allow_empty=allow_empty)
    drawn = distribution.sample(40_000, random_state=0)
    subsets, p = distribution.probabilities()
    shares = [(drawn == subset).all(axis=1).mean() for subset in subsets]
    assert shares == pytest.approx(p, abs=0.01)


def test_tiny_scores_without_the_empty_set():
    """It becomes a draw of a single task; nothing underflows."""
    distribution = TaskSubsetDistribution([-800.0, -801.0, -1000.0])
    expected = expit([1.0, -1.0, -1000.0])
    assert distribution.inclusion_probabilities == pytest.approx(expected)
    drawn = distribution.sample(1000, random_state=0)
    assert (drawn.sum(axis=1) == 1).all()
    assert distribution.log_probability([0]) == pytest.approx(np.log(expit(1.0)))


def test_infinite_scores():
    distribution = TaskSubsetDistribution([np.inf, -np.inf, 0.0])
    assert distribution.inclusion_probabilities == pytest.approx([1, 0, 0.5])
    assert (
        distribution.sample(50, random_state=0)[:, :2].tolist() == [[True, False]] * 50
    )


def test_the_empty_set():
    assert TaskSubsetDistribution([0.0]).log_probability([]) == -np.inf
    allowed = TaskSubsetDistribution([0.0], allow_empty=True)
    assert allowed.log_probability([]) == pytest.approx(np.log(0.5))


def test_positions_and_masks_are_the_same_set():
    distribution = TaskSubsetDistribution([0.3, -0.2, 1.0])
    by_position = distribution.log_probability((2, 0))
    assert distribution.log_probability([True, False, True]) == by_position
    assert distribution.log_probability(np.array([0, 2])) == by_position


def test_the_same_seed_draws_the_same():
    distribution = TaskSubsetDistribution(np.zeros(50))
    drawn = [distribution.sample(20, random_state=3) for _ in range(2)]
    assert (drawn[0] == drawn[1]).all()
    assert distribution.sample(0).shape == (0, 50)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TaskSubsetDistribution([]), "1-D with one score per task"),
        (lambda: TaskSubsetDistribution([[1.0]]), "1-D"),
        (lambda: TaskSubsetDistribution([np.nan]), "without NaN"),
        (lambda: TaskSubsetDistribution([-np.inf]), "empty set is not allowed"),
        (lambda: TaskSubsetDistribution([0.0] * 21).probabilities(), "at most 20"),
        (lambda: TaskSubsetDistribution([0.0]).log_probability([1]), "from 0 to 0"),
        (lambda: TaskSubsetDistribution([0.0]).log_probability([0, 0]), "different"),
        (
            lambda: TaskSubsetDistribution([0.0, 0.0]).log_probability([True]),
            "mask of 2",
        ),
        (lambda: TaskSubsetDistribution([0.0]).sample(-1), "'n' parameter"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
