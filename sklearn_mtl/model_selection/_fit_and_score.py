import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import _safe_indexing

from sklearn_mtl._scoring import DEFAULT_METRICS
from sklearn_mtl._tasks import Kind
from sklearn_mtl._validation import check_task_names
from sklearn_mtl.metrics._metric import Metric, resolve_metric
from sklearn_mtl.metrics._task_scorers import Evaluator
from sklearn_mtl.multioutput._fit_one_task import find_weight_keyword


def resolve_metrics(
    scoring: Any, tasks: Sequence[str], kinds: Sequence[Kind], owner: str
) -> list[Metric]:
    """Return the metric of each task, from one for all or a dict by task."""
    by_task = scoring if isinstance(scoring, Mapping) else dict.fromkeys(tasks, scoring)
    check_task_names(by_task, tasks, "scoring", owner)
    chosen = [
        DEFAULT_METRICS[kind] if by_task.get(task) is None else by_task[task]
        for task, kind in zip(tasks, kinds, strict=True)
    ]
    return [resolve_metric(metric, owner) for metric in chosen]


@dataclass(frozen=True)
class Trial:
    """The rows that estimators are fitted and scored on, and by which metrics."""

    X: Any
    Y: Any
    sample_weight: np.ndarray | None
    missing_label: Any
    metrics: Sequence[Metric]

    def run(
        self, name: str, estimator: Any, fold: int, train: np.ndarray, test: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Return the score of each task, and the seconds it took to fit."""
        try:
            seconds = self._fit(estimator, train)
            return self._score(estimator, test), seconds
        except Exception as error:
            error.add_note(f"While fitting or scoring {name!r} in fold {fold}.")
            raise

    def _fit(self, estimator: Any, rows: np.ndarray) -> float:
        X, Y, weights = self._take(rows)
        keyword = None if weights is None else find_weight_keyword(estimator)
        fit_params = {keyword: weights} if keyword else {}
        start = perf_counter()
        estimator.fit(X, Y, **fit_params)
        return perf_counter() - start

    def _score(self, estimator: Any, rows: np.ndarray) -> np.ndarray:
        X, Y, weights = self._take(rows)
        scores = np.full(len(self.metrics), np.nan)
        first = np.array([self.metrics.index(metric) for metric in self.metrics])
        for t in np.unique(first):
            tasks = np.flatnonzero(first == t)
            score = Evaluator(self.metrics[t], self.missing_label)
            with warnings.catch_warnings():
                # The comparison tells how many folds have a score.
                warnings.simplefilter("ignore", UndefinedMetricWarning)
                scores[tasks] = score(estimator, X, Y, weights, tasks.tolist()).values
        return scores

    def _take(self, rows: np.ndarray) -> tuple[Any, Any, np.ndarray | None]:
        weights = None if self.sample_weight is None else self.sample_weight[rows]
        return _safe_indexing(self.X, rows), _safe_indexing(self.Y, rows), weights
