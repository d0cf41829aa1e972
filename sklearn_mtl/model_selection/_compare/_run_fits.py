"""Run the fits of a comparison, and keep what is finished if it is stopped."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from sklearn_mtl._parallel import Workers
from sklearn_mtl.model_selection._compare._fit_and_score import Outcome, Trial
from sklearn_mtl.model_selection._compare._repeats import Fold, reseed


class Key(NamedTuple):
    """Which fit: of which estimator, on how much of the training part of which fold."""

    size: int
    fold: int
    name: str


@dataclass(frozen=True)
class Plan:
    """What is to be fitted where.

    `parts[fold][size]` are the rows to train on, `sizes` the last of which is whole.
    """

    estimators: Mapping[str, Any]
    folds: Sequence[Fold]
    parts: Sequence[Sequence[np.ndarray]]

    @property
    def n_sizes(self) -> int:
        return len(self.parts[0])

    def keys(self) -> Iterator[Key]:
        """Yield all fits, such that what comes first is of use without the others."""
        for size in [self.n_sizes - 1, *range(self.n_sizes - 1)]:
            for fold in range(len(self.folds)):
                for name in self.estimators:
                    yield Key(size, fold, name)

    def make(self, key: Key) -> Any:
        """Return an unfitted estimator with the seeds of the fold."""
        position = list(self.estimators).index(key.name)
        estimator = clone(self.estimators[key.name])
        return reseed(estimator, self.folds[key.fold], position)

    def finished_folds(self, outcomes: Mapping[Key, Outcome]) -> list[int]:
        """Return the folds in which all estimators were fitted to all rows."""
        last = self.n_sizes - 1
        return [
            fold
            for fold in range(len(self.folds))
            if all(Key(last, fold, name) in outcomes for name in self.estimators)
        ]


def run_fits(
    trial: Trial, plan: Plan, n_jobs: int | None, verbose: int
) -> tuple[dict[Key, Outcome], bool]:
    """Return what came of the fits, and whether they were interrupted.

    An interrupt is raised if not even two folds are finished.
    """
    keys = list(plan.keys())
    outcomes: dict[Key, Outcome] = {}
    jobs = ((key, plan.make(key)) for key in keys)
    try:
        with Workers((trial, plan), n_jobs, ordered=False) as workers:
            for key, outcome in workers.run(_run, jobs):
                outcomes[key] = outcome
                if verbose:
                    _say(key, outcome, plan, len(outcomes), len(keys))
    except KeyboardInterrupt:
        if len(plan.finished_folds(outcomes)) < 2:
            raise
        return outcomes, True
    return outcomes, False


def _run(shared: tuple[Trial, Plan], key: Key, estimator: Any) -> tuple[Key, Outcome]:
    trial, plan = shared
    train, test = plan.parts[key.fold][key.size], plan.folds[key.fold].test
    return key, trial.run(key.name, estimator, key.fold, train, test)


def _say(key: Key, outcome: Outcome, plan: Plan, n_done: int, n_all: int) -> None:
    """Write a line of progress."""
    known = outcome.scores[~np.isnan(outcome.scores)]
    score = f"mean score {known.mean():.3f}" if known.size else "no score"
    rows = len(plan.parts[key.fold][key.size])
    sys.stdout.write(
        f"[{n_done}/{n_all}] fold {key.fold}, {rows} rows, {key.name}: {score}, "
        f"{outcome.fit_time:.2g} s\n"
    )
