"""The scores of estimators that were trained on some of the tasks."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import _safe_indexing

from sklearn_mtl._parallel import run_jobs
from sklearn_mtl.metrics._metric import Metric
from sklearn_mtl.metrics._task_scorers import Evaluator
from sklearn_mtl.multioutput._fit_some_tasks import LabelledTable

Folds = Sequence[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class SubsetScores:
    """Cross-validates an estimator on subsets of the tasks, all on the same folds."""

    estimator: Any
    data: LabelledTable
    metrics: Sequence[Metric]
    folds: Folds
    n_jobs: int | None
    verbose: int

    def __call__(self, subsets: Sequence[Sequence[int]]) -> np.ndarray:
        """Return the scores (n_subsets, n_folds, n_tasks), NaN for tasks left out."""
        n_folds = len(self.folds)
        jobs = [(list(subset), f) for subset in subsets for f in range(n_folds)]
        scores = run_jobs(SubsetScores._run, self, jobs, self.n_jobs, self.verbose)
        shape = len(subsets), n_folds, self.data.tasks.n_tasks
        return np.reshape(np.array(scores), shape)

    def _run(self, subset: list[int], fold: int) -> np.ndarray:
        train, test = self.folds[fold]
        data = self.data
        scores = np.full(data.tasks.n_tasks, np.nan)
        fitted = data.fit(self.estimator, subset, train)
        X, labels = _safe_indexing(data.X, test), data.labels(subset, test)
        weights = None if data.weights is None else data.weights[test][:, subset]
        first = [self.metrics.index(self.metrics[t]) for t in subset]
        for which in sorted(set(first)):
            places = [i for i, other in enumerate(first) if other == which]
            score = Evaluator(self.metrics[which], np.nan)
            with warnings.catch_warnings():
                # What has no score in any fold is told of in the end.
                warnings.simplefilter("ignore", UndefinedMetricWarning)
                found = score(fitted, X, labels, weights, places)
            scores[[subset[i] for i in places]] = found.values
        return scores
