"""Which candidate wins each task."""

from collections.abc import Callable

import numpy as np

from sklearn_mtl.model_selection._compare._task_result import subtract

_Rule = Callable[[np.ndarray], int]


def find_winners(scores: np.ndarray, rule: str) -> np.ndarray:
    """Return the position of the winner of each task, -1 where there is no score.

    The scores are (n_candidates, n_folds, n_tasks). Folds where a candidate has none
    are left out of the task.
    """
    winners = np.full(scores.shape[2], -1)
    for t in range(len(winners)):
        of_task = scores[:, :, t]
        of_task = of_task[:, ~np.isnan(of_task).any(axis=0)]
        if of_task.size:
            winners[t] = RULES[rule](of_task)
    return winners


def _take_best(scores: np.ndarray) -> int:
    """Return the first of those with the greatest mean score."""
    best, leads = _lead_of_best(scores)
    return _first(leads.mean(axis=1) <= 0, best)


def _take_first_within_one_error(scores: np.ndarray) -> int:
    """Return the first of those whose mean the best one beats by one error or less."""
    best, leads = _lead_of_best(scores)
    n_folds = leads.shape[1]
    errors = np.zeros(len(leads))
    if n_folds > 1:
        errors = leads.std(axis=1, ddof=1) / np.sqrt(n_folds)
    return _first(leads.mean(axis=1) <= errors, best)


def _lead_of_best(scores: np.ndarray) -> tuple[int, np.ndarray]:
    """Return which has the best mean, and by how much it leads each in each fold."""
    best = int(np.argmax(scores.mean(axis=1)))
    return best, np.array([subtract(scores[best], own) for own in scores])


def _first(good_enough: np.ndarray, best: int) -> int:
    # Of infinite scores there is no difference, but the best is good enough.
    return best if not good_enough.any() else int(np.argmax(good_enough))


RULES: dict[str, _Rule] = {
    "best": _take_best,
    "one_standard_error": _take_first_within_one_error,
}
