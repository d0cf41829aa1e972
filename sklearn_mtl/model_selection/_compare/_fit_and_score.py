import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import _safe_indexing

from sklearn_mtl._scoring import DEFAULT_METRICS
from sklearn_mtl._tasks import Kind
from sklearn_mtl._validation import check_task_names, parameter_error
from sklearn_mtl.metrics._metric import Metric, resolve_metric
from sklearn_mtl.metrics._task_scorers import Evaluator
from sklearn_mtl.model_selection._compare._chosen_params import find_chosen_params
from sklearn_mtl.model_selection._compare._missing_labels import (
    explain_missing_labels,
    reads_missing_labels,
)
from sklearn_mtl.model_selection._compare._model_size import measure_size
from sklearn_mtl.model_selection._compare._some_tasks import SomeTasks
from sklearn_mtl.multioutput._fit_one_task import find_weight_keyword


def resolve_metrics(
    scoring: Any, tasks: Sequence[str], kinds: Sequence[Kind], owner: str
) -> list[Metric]:
    """Return the metric of each task, from one for all or a dict by task."""
    by_task = scoring if isinstance(scoring, Mapping) else dict.fromkeys(tasks, scoring)
    check_task_names(by_task, tasks, "scoring", owner)
    # Columns of a data frame may be named by numbers.
    by_task = {str(task): metric for task, metric in by_task.items()}
    chosen = [
        DEFAULT_METRICS[kind] if by_task.get(task) is None else by_task[task]
        for task, kind in zip(tasks, kinds, strict=True)
    ]
    return [resolve_metric(metric, owner) for metric in chosen]


class Outcome(NamedTuple):
    """What became of an estimator in one fold."""

    scores: np.ndarray
    fit_time: float
    model_size: float
    best_params: Any


@dataclass(frozen=True)
class Trial:
    """The rows that estimators are fitted and scored on, and by which metrics."""

    X: Any
    Y: Any
    sample_weight: np.ndarray | None
    observed: np.ndarray
    missing_label: Any
    metrics: Sequence[Metric]

    def run(
        self, name: str, estimator: Any, fold: int, train: np.ndarray, test: np.ndarray
    ) -> Outcome:
        """Return the score of each task, and what the fitted estimator is like."""
        try:
            scores, seconds, fitted = self.fit_and_score(estimator, train, test)
        except Exception as error:
            error.add_note(f"While fitting or scoring {name!r} in fold {fold}.")
            raise
        if fitted is None:
            return Outcome(scores, np.nan, np.nan, None)
        size, chosen = measure_size(fitted), find_chosen_params(fitted)
        return Outcome(scores, seconds, size, chosen)

    def fit_and_score(
        self, estimator: Any, train: np.ndarray, test: np.ndarray
    ) -> tuple[np.ndarray, float, Any]:
        """Return the score of each task, the seconds of the fit and who was fitted.

        Tasks without a label to train on are left out, and their score is NaN; nobody
        is fitted if there are no others.
        """
        scores = np.full(len(self.metrics), np.nan)
        trial, estimator, tasks = self.narrow(estimator, train)
        if not len(tasks):
            return scores, np.nan, None
        seconds = trial.fit(estimator, train)
        scores[tasks] = trial._score(estimator, test)
        return scores, seconds, estimator

    def narrow(
        self, estimator: Any, rows: np.ndarray
    ) -> tuple["Trial", Any, np.ndarray]:
        """Return the trial and the estimator for the tasks with a label in the rows.

        And the positions of these tasks. The estimator, unfitted, is changed.
        """
        tasks = np.flatnonzero(self.observed[rows].any(axis=0))
        if len(tasks) in (0, len(self.metrics)):
            return self, estimator, tasks
        some = SomeTasks(self.Y, tasks)
        return self._select(some), some.adapt(estimator), tasks

    def _select(self, some: SomeTasks) -> "Trial":
        weights = self.sample_weight
        if weights is not None and weights.ndim == 2 and weights.shape[1] > 1:
            weights = weights[:, some.tasks]
        return replace(
            self,
            Y=some.labels,
            sample_weight=weights,
            observed=self.observed[:, some.tasks],
            metrics=[self.metrics[t] for t in some.tasks],
        )

    def fit(self, estimator: Any, rows: np.ndarray) -> float:
        """Fit the estimator to the rows, and return how many seconds it took."""
        X, Y, weights = self._take(rows)
        keyword = None if weights is None else find_fit_keyword(estimator)
        fit_params = {keyword: weights} if keyword else {}
        start = perf_counter()
        try:
            estimator.fit(X, Y, **fit_params)
        except (TypeError, ValueError) as error:
            if self.observed[rows].all() or reads_missing_labels(estimator):
                raise
            raise ValueError(explain_missing_labels(estimator, error)) from error
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


def is_estimator(given: Any) -> bool:
    """Return whether it can be cloned and fitted: a class cannot."""
    wanted = ("get_params", "fit")
    return not isinstance(given, type) and all(hasattr(given, name) for name in wanted)


def find_fit_keyword(estimator: Any) -> str | None:
    """Return the keyword by which `fit` takes sample weights, None if it takes none.

    A search of scikit-learn hands its own to the estimator.
    """
    if isinstance(estimator, BaseSearchCV):
        return find_fit_keyword(estimator.estimator)
    return find_weight_keyword(estimator)


def check_weighable(estimators: Mapping[str, Any], owner: str) -> None:
    """Raise if the fit of an estimator takes no sample weights."""
    for name, estimator in estimators.items():
        if find_fit_keyword(estimator) is None:
            raise parameter_error(
                "sample_weight",
                owner,
                f"None, as the fit of the estimator {name!r} takes no weights",
                "weights",
            )
