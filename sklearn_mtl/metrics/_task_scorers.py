"""The scorers that `make_multitask_scorer` and `per_task_scorers` make."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics._scorer import _BaseScorer

from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.metrics._metric import Metric
from sklearn_mtl.metrics._pairs import Table, pair_up, read_labels
from sklearn_mtl.metrics._task_scores import TaskScores, check_has_score, score_tasks

_OWNER = "the multi-task scorer"


@dataclass(frozen=True)
class Evaluator:
    """Scores the tasks of fitted estimators, each with one prediction for all tasks.

    `tasks` is the number of tasks there must be, or the names of those to score.
    """

    metric: Metric
    missing_label: Any
    tasks: int | tuple[str, ...] | None = None

    def __call__(
        self,
        estimator: Any,
        X: Any,
        Y: Any,
        sample_weight: Any = None,
        tasks: Sequence[Any] | None = None,
    ) -> TaskScores:
        labels = read_labels(Y, sample_weight, self.missing_label, _OWNER)
        if isinstance(self.tasks, int) and self.tasks != labels.n_tasks:
            expected = f"{labels.n_tasks}, the number of tasks in Y"
            raise parameter_error("tasks", "per_task_scorers", expected, self.tasks)
        if tasks is None and isinstance(self.tasks, tuple):
            tasks = self.tasks
        pairs = pair_up(
            labels,
            getattr(estimator, self.metric.response_method)(X),
            probabilities=self.metric.needs_probabilities,
            classes=_find_classes(estimator, labels.n_tasks),
            task_names=self._find_names(estimator, labels),
            owner=_OWNER,
        )
        return score_tasks(self.metric, pairs, tasks)

    def _find_names(self, estimator: Any, labels: Table) -> Sequence[str] | None:
        names = _find_fitted(estimator, "task_names_")
        if names is not None and list(names) != [f"task{t}" for t in range(len(names))]:
            return names
        if isinstance(self.tasks, tuple) and not labels.named:
            return self.tasks
        return None


def _find_classes(estimator: Any, n_tasks: int) -> Any:
    classes = _find_fitted(estimator, "classes_")
    if isinstance(classes, np.ndarray) and classes.ndim == 1 and n_tasks > 1:
        # The multilabel classifiers of scikit-learn number the tasks here.
        return None
    return classes


def _find_fitted(estimator: Any, attribute: str) -> Any:
    """Return what a fitted estimator, or the one inside it, has learnt, or None."""
    while not hasattr(estimator, attribute):
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif hasattr(estimator, "steps"):
            estimator = estimator.steps[-1][1]
        else:
            return None
    return getattr(estimator, attribute)


class MultiTaskScorer(_BaseScorer):
    """Scores an estimator by the average over its tasks, or by one task.

    A `_BaseScorer`, because `ScoringMonitor` takes a single score from nothing else,
    and for the routing of metadata.
    """

    def __init__(
        self, evaluator: Evaluator, average: str, task_weights: Any, task: Any
    ) -> None:
        metric = evaluator.metric
        super().__init__(
            metric.function, metric.sign, dict(metric.options), metric.response_method
        )
        self.evaluator = evaluator
        self.average = average
        self.task_weights = task_weights
        self.task = task

    def __call__(
        self, estimator: Any, X: Any, y_true: Any, sample_weight: Any = None
    ) -> float:
        return self._score(None, estimator, X, y_true, sample_weight)

    def _score(
        self,
        method_caller: Any,
        estimator: Any,
        X: Any,
        y_true: Any,
        sample_weight: Any = None,
    ) -> float:
        tasks = None if self.task is None else [self.task]
        scores = self.evaluator(estimator, X, y_true, sample_weight, tasks)
        score = scores.average(self.average, self.task_weights, _OWNER)
        return check_has_score(score, _OWNER)

    def reduce(self, scores: TaskScores) -> float:
        """Return the score from those of all tasks, NaN if it is undefined."""
        if self.task is not None:
            scores = scores.select(self.task, _OWNER)
        return scores.average(self.average, self.task_weights, _OWNER)

    def __repr__(self) -> str:
        metric = self.evaluator.metric
        shown = f"{metric.name!r}, response_method={metric.response_method!r}"
        if self.task is not None:
            return f"make_multitask_scorer({shown}, task={self.task!r})"
        shown += f", average={self.average!r}"
        if self.task_weights is not None:
            shown += f", task_weights={self.task_weights!r}"
        return f"make_multitask_scorer({shown})"


class TaskScorers(dict[str, Any]):
    """Scorers by name that share one prediction when they are called together.

    To scikit-learn it is a callable that returns a dict: it looks for a dict later.
    """

    def __call__(
        self, estimator: Any, X: Any, y_true: Any, sample_weight: Any = None
    ) -> dict[str, float]:
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        shared: dict[int, TaskScores] = {}
        scores = {}
        for name, scorer in self.items():
            if not isinstance(scorer, MultiTaskScorer):
                scores[name] = scorer(estimator, X, y_true, **weights)
                continue
            evaluator = scorer.evaluator
            if id(evaluator) not in shared:
                shared[id(evaluator)] = evaluator(estimator, X, y_true, **weights)
            scores[name] = scorer.reduce(shared[id(evaluator)])
        return scores

    def set_score_request(self, **requests: Any) -> "TaskScorers":
        for scorer in self.values():
            scorer.set_score_request(**requests)
        return self

    def get_metadata_routing(self) -> Any:
        return next(iter(self.values())).get_metadata_routing()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list_some(self)})"
