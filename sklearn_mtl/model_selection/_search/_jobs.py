"""Candidates and folds, shared out over processes."""

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs

from sklearn_mtl._parallel import Workers
from sklearn_mtl.model_selection._search._evaluation import Evaluation
from sklearn_mtl.model_selection._search._preparation import find_net
from sklearn_mtl.model_selection._search._progress import SearchProgress
from sklearn_mtl.model_selection._search._results import Result

# Candidates of a job: those that are trained together share what prepares them.
_MAX_CANDIDATES = 32

Fold = tuple[np.ndarray, np.ndarray]


class Jobs:
    """Evaluates candidates on folds, in processes of one thread each if there are more.

    A context: the processes, and what they were sent, are kept until it ends.

    Parameters
    ----------
    evaluation : Evaluation
        What to fit and score on.
    folds : sequence of (train, test)
        The folds.
    n_jobs : int or None
        The number of processes.
    progress : SearchProgress
        Who is told of what is done.
    """

    def __init__(
        self,
        evaluation: Evaluation,
        folds: Sequence[Fold],
        n_jobs: int | None,
        progress: SearchProgress,
    ):
        self.evaluation = evaluation
        self.folds = folds
        self.n_jobs = n_jobs
        self.progress = progress
        self.interrupted = False

    def __enter__(self) -> Self:
        self._workers = Workers((self.evaluation, self.folds), self.n_jobs)
        self._workers.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._workers.__exit__(*error)

    def run(self, candidates: Sequence[dict[str, Any]]) -> list[list[Result | None]]:
        """Return the results of each candidate on each fold, None where interrupted."""
        n_folds = len(self.folds)
        results: list[list[Result | None]] = [[None] * n_folds for _ in candidates]
        self.progress.begin(len(candidates), n_folds)
        jobs = self._share_out(len(candidates))
        start = perf_counter()
        found = self._workers.run(
            _evaluate, [([candidates[c] for c in own], folds) for own, folds in jobs]
        )
        try:
            for (own, folds), (part, complete) in zip(jobs, found, strict=True):
                for c, of_candidate in zip(own, part, strict=True):
                    for f, result in zip(folds, of_candidate, strict=True):
                        results[c][f] = result
                if not complete:
                    raise KeyboardInterrupt
                self.progress.advance(len(own) * len(folds), perf_counter() - start)
        except KeyboardInterrupt:
            self.interrupted = True
            found.close()
        return results

    def _share_out(self, n_candidates: int) -> list[tuple[list[int], list[int]]]:
        """Return the candidates and the folds of each job."""
        n_workers = effective_n_jobs(self.n_jobs)
        n_parts = n_candidates
        if find_net(self.evaluation.estimator) is not None:
            # Far enough apart in the list to take alike long.
            n_parts = max(n_workers, -(-n_candidates // _MAX_CANDIDATES))
            n_parts = min(n_parts, n_candidates)
        n_fold_parts = min(-(-n_workers // n_parts), len(self.folds))
        return [
            (list(own), list(folds))
            for own in _deal(n_candidates, n_parts)
            for folds in _deal(len(self.folds), n_fold_parts)
        ]


def _evaluate(
    shared: tuple[Evaluation, Sequence[Fold]],
    candidates: Sequence[dict[str, Any]],
    folds: Sequence[int],
) -> tuple[list[list[Result | None]], bool]:
    evaluation, all_folds = shared
    return evaluation.run(candidates, [all_folds[f] for f in folds])


def _deal(n: int, n_parts: int) -> Iterator[range]:
    return (range(part, n, n_parts) for part in range(n_parts))
