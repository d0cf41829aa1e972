"""What learning with a second task does to the score, found by training both ways."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.inspection._affinity._find_affinity import guess_affinity
from sklearn_mtl.inspection._affinity._inputs import Given
from sklearn_mtl.inspection._affinity._subset_scores import SubsetScores


@dataclass(frozen=True)
class Budget:
    """How to cross-validate, by which scores, and how much it may take."""

    cv: Any
    scoring: Any
    max_fits: int | None
    n_jobs: int | None
    verbose: int

    def scores_of(self, given: Given, rng: np.random.RandomState) -> SubsetScores:
        """Return what cross-validates the estimator on some of the tasks."""
        folds = given.folds(self.cv, rng)
        metrics = given.metrics(self.scoring)
        estimator, data = given.estimator, given.data
        return SubsetScores(estimator, data, metrics, folds, self.n_jobs, self.verbose)


def find_by_pairs(
    given: Given, budget: Budget, rng: np.random.RandomState
) -> np.ndarray:
    """Return the mean gain of each task by each other, NaN where it cost too much."""
    scores_of = budget.scores_of(given, rng)
    n_tasks = given.tasks.n_tasks
    pairs = list(combinations(range(n_tasks), 2))
    if budget.max_fits is not None:
        n_folds = len(scores_of.folds)
        n_pairs = _count_pairs(n_tasks, n_folds, budget.max_fits, given.owner)
        if n_pairs < len(pairs):
            promise = _symmetrise(guess_affinity(given, rng))
            pairs = sorted(pairs, key=lambda pair: -promise[pair])[:n_pairs]
    scores = scores_of([*((t,) for t in range(n_tasks)), *pairs])
    alone = scores[np.arange(n_tasks), :, np.arange(n_tasks)]
    affinity = np.full((n_tasks, n_tasks), np.nan)
    np.fill_diagonal(affinity, 0.0)
    for pair, together in zip(pairs, scores[n_tasks:], strict=True):
        for t, s in (pair, pair[::-1]):
            gains = together[:, t] - alone[t]
            if not np.isnan(gains).all():
                affinity[s, t] = np.nanmean(gains)
    _warn_of_unscored(alone, given.tasks.names)
    return affinity


def _count_pairs(n_tasks: int, n_folds: int, max_fits: int, owner: str) -> int:
    """Return for how many pairs the budget does, after all single tasks."""
    n_pairs = max_fits // n_folds - n_tasks
    if n_pairs < 1:
        raise parameter_error(
            "max_fits",
            owner,
            f"at least {(n_tasks + 1) * n_folds}: {n_tasks} tasks alone and one pair, "
            f"in {n_folds} folds",
            max_fits,
        )
    return n_pairs


def _symmetrise(affinity: np.ndarray) -> np.ndarray:
    return np.nan_to_num((affinity + affinity.T) / 2, nan=-np.inf)


def _warn_of_unscored(alone: np.ndarray, names: Sequence[str]) -> None:
    unscored = np.flatnonzero(np.isnan(alone).all(axis=1)).tolist()
    if unscored:
        warnings.warn(
            f"The task(s) {list_some(names[t] for t in unscored)} have no score in any "
            "fold: their affinities are NaN.",
            UndefinedMetricWarning,
            stacklevel=4,
        )
