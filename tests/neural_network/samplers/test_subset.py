"""Sets of tasks: their distribution against enumeration, and what is learnt."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import chisquare

from sklearn_mtl.neural_network.samplers import Subset


def enumerate_sets(scores):
    """Return all sets but the empty one, and P(S), by its definition."""
    sets = np.array([s for s in product([False, True], repeat=len(scores)) if any(s)])
    weights = np.array([np.exp(sum(np.array(scores)[s])) for s in sets])
    return sets, weights / weights.sum()


@given(st.lists(st.floats(-4, 4), min_size=1, max_size=5))
@settings(deadline=None)
def test_probabilities_of_the_tasks(scores):
    sets, p = enumerate_sets(scores)
    sampler = Subset(scores).reset([10] * len(scores), 1)
    assert sampler.probabilities() == pytest.approx(p @ sets)
    # The tasks are independent, given that there is one.
    independent = expit(scores) / (1 - np.prod(expit(-np.array(scores))))
    assert sampler.probabilities() == pytest.approx(independent)


@pytest.mark.parametrize("scores", [[0, 0, 0], [-1.5, 0.5, 1.0], [-4, -3, -3.5, -5]])
def test_sets_come_as_often_as_they_should(scores):
    sampler = Subset(scores).reset([10] * len(scores), 1)
    drawn = sampler.draw(20_000, 0, np.random.RandomState(0))
    assert drawn.any(axis=1).all()
    sets, p = enumerate_sets(scores)
    counts = [(drawn == s).all(axis=1).sum() for s in sets]
    common = 20_000 * p >= 5
    observed, expected = np.array(counts)[common], 20_000 * p[common]
    if not common.all():
        observed = np.append(observed, 20_000 - observed.sum())
        expected = np.append(expected, 20_000 - expected.sum())
    assert chisquare(observed, expected).pvalue > 0.01


def test_a_main_task_in_every_step():
    sampler = Subset([np.inf, 0.0], learning_rate=0.5).reset([10, 10], 5)
    drawn = sampler.draw(1000, 0, np.random.RandomState(0))
    assert drawn[:, 0].all()
    assert drawn[:, 1].mean() == pytest.approx(0.5, abs=0.05)
    for losses in [1.0, 1.0], [0.5, 0.9], [0.1, 0.9]:
        sampler.observe_epoch(losses)
    assert sampler.scores_[0] == np.inf
    assert np.isfinite(sampler.scores_[1])


def test_scores_as_given_are_left_alone():
    sampler = Subset([0.5, -0.5]).reset([10, 10], 5)
    for loss in 1.0, 0.1, 0.01:
        sampler.observe_epoch([loss, 1.0])
    assert sampler.scores_.tolist() == [0.5, -0.5]


def test_the_rule_by_hand():
    sampler = Subset([0.0, 0.0, 1.0], learning_rate=0.25, limit=2.0).reset([9] * 3, 5)
    p = sampler.probabilities()
    sampler.observe_epoch([1.0, 2.0, 3.0])
    assert sampler.scores_.tolist() == [0, 0, 1]
    sampler.observe_epoch([0.5, 1.8, 2.9])
    progress = np.log([1 / 0.5, 2 / 1.8, 3 / 2.9]) / p
    advantage = progress - progress.mean()
    advantage /= np.abs(advantage).max()
    expected = [0, 0, 1] + 2.0 * 0.25 * advantage
    assert sampler.scores_ == pytest.approx(expected)


def train(sampler, curves, n_epochs, seed=0):
    """Let each task have its loss after so many steps, with noise; return the scores.

    The noise is that of a mean over the steps of an epoch.
    """
    rng = np.random.RandomState(seed)
    n_steps = np.zeros(len(curves))
    scores = []
    for epoch in range(n_epochs):
        drawn = sampler.draw(100, epoch, rng).sum(axis=0)
        n_steps += drawn
        losses = np.array([f(n) for f, n in zip(curves, n_steps, strict=True)])
        losses *= 1 + 0.15 * rng.standard_normal(len(losses)) / np.sqrt(drawn + 1)
        sampler.observe_epoch(np.where(drawn > 0, losses, np.nan))
        scores.append(sampler.scores_)
    return np.array(scores)


def learns(n):
    return 0.02 + 2.3 * (1 + n / 400) ** -0.7


def noise(n):
    return 2.3


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("learning_rate", [0.05, 0.2])
def test_progress_is_favoured_over_noise(learning_rate, seed):
    sampler = Subset(learning_rate=learning_rate).reset([1000] * 2, 40)
    scores = train(sampler, [learns, noise], 40, seed)
    assert scores[-20:, 0].mean() > scores[-20:, 1].mean() + 0.2


def test_twins_stay_together():
    """Being drawn more is no reason to be drawn still more."""
    sampler = Subset([1.0, -1.0], learning_rate=0.1).reset([1000] * 2, 60)
    scores = train(sampler, [learns, learns], 60)
    learnt = scores[-30:].mean(axis=0) - [1.0, -1.0]
    assert learnt == pytest.approx([0, 0], abs=0.5)


def test_a_task_that_has_been_learnt_makes_room():
    sampler = Subset(learning_rate=0.2).reset([1000] * 2, 60)
    scores = train(sampler, [lambda n: max(np.exp(-n / 200), 0.01), learns], 60)
    first, second = scores.T
    assert first[10] > second[10]
    assert first[-1] < second[-1] + 0.1


@given(
    st.lists(
        st.lists(
            st.floats(0, 1e6) | st.just(np.nan) | st.just(np.inf),
            min_size=3,
            max_size=3,
        ),
        max_size=8,
    ),
    st.floats(0.01, 1),
)
@settings(deadline=None)
def test_no_task_starves_whatever_the_losses_are(epochs, learning_rate):
    sampler = Subset(learning_rate=learning_rate).reset([5, 5, 5], 9)
    for losses in epochs:
        sampler.observe_epoch(losses)
    assert (np.abs(sampler.scores_) <= 3 + 1e-9).all()
    assert (sampler.probabilities() >= expit(-3) - 1e-9).all()


def test_absent_tasks_keep_their_scores():
    sampler = Subset(learning_rate=0.5).reset([5, 5, 5, 0], 9)
    sampler.observe_epoch([1.0, 1.0, np.nan, np.nan])
    sampler.observe_epoch([0.5, 1.0, 1.0, np.nan])
    assert sampler.scores_[2:].tolist() == [0, 0]
    assert sampler.scores_[0] > 0 > sampler.scores_[1]


def test_small_differences_do_not_count_in_full():
    sampler = Subset(learning_rate=1.0).reset([5, 5], 9)
    sampler.observe_epoch([1.0, 1.0])
    sampler.observe_epoch([0.9999, 1.0])
    assert 0 < sampler.scores_[0] < 0.1


def test_a_task_that_is_hardly_ever_drawn():
    sampler = Subset([0.0, -2000.0], learning_rate=0.5).reset([5, 5], 9)
    sampler.observe_epoch([1.0, 1.0])
    sampler.observe_epoch([0.9, 0.1])
    assert sampler.scores_ == pytest.approx([0, -2000], abs=3)
