"""Which candidate wins each task."""

import numpy as np
import pytest

from sklearn_mtl.ensemble._selection._find_winners import RULES, find_winners


def of_one_task(*scores):
    return np.array(scores, dtype=float)[:, :, np.newaxis]


def test_best_mean():
    scores = np.random.RandomState(0).uniform(size=(4, 5, 30))
    expected = scores.mean(axis=1).argmax(axis=0)
    assert find_winners(scores, "best").tolist() == expected.tolist()


@pytest.mark.parametrize("rule", RULES)
def test_the_first_of_equals(rule):
    scores = of_one_task([0.5, 0.7], [0.8, 0.9], [0.8, 0.9])
    assert find_winners(scores, rule).tolist() == [1]
    # The same but for the order of a sum.
    scores[2] += 1e-16
    assert find_winners(scores, rule).tolist() == [1]


@pytest.mark.parametrize(
    ("lead", "winner"),
    [([0.1, 0.3, 0.5], 1), ([-0.1, 0.3, 0.7], 1), ([-0.3, 0.3, 0.9], 0)],
    ids=["many errors", "more than one", "less than one"],
)
def test_one_standard_error(lead, winner):
    first = np.array([0.2, 0.4, 0.1])
    scores = of_one_task(first, first + lead)
    error = np.std(lead, ddof=1) / np.sqrt(3)
    assert winner == (np.mean(lead) > error)
    assert find_winners(scores, "one_standard_error").tolist() == [winner]
    assert find_winners(scores, "best").tolist() == [1]


def test_one_fold_has_no_error():
    scores = of_one_task([0.5], [0.6])
    assert find_winners(scores, "one_standard_error").tolist() == [1]


@pytest.mark.parametrize("rule", RULES)
def test_folds_without_a_score_are_left_out(rule):
    scores = of_one_task([0.5, 0.5, 1.0], [0.6, 0.6, np.nan])
    assert find_winners(scores, rule).tolist() == [1]


@pytest.mark.parametrize("rule", RULES)
def test_task_without_a_score(rule):
    assert find_winners(np.full((2, 3, 1), np.nan), rule).tolist() == [-1]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("scores", [(-np.inf, 0.2), (0.2, np.inf)], ids=str)
def test_infinite_scores(rule, scores):
    worse, better = scores
    winners = find_winners(of_one_task([worse, 0.1], [better, 0.1]), rule)
    assert winners.tolist() == [1]
