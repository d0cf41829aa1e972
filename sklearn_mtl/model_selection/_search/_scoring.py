"""The scorers of a search over task weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring

from sklearn_mtl._scoring import DEFAULT_METRICS
from sklearn_mtl._tasks import Kind
from sklearn_mtl.metrics import per_task_scorers
from sklearn_mtl.metrics._task_scorers import TaskScorers


def make_scorers(
    scoring: Any,
    estimator: Any,
    tasks: Sequence[str],
    kinds: Sequence[Kind],
    missing_label: Any,
) -> Any:
    """Return what scores an estimator: a callable that returns a number or a dict.

    None and names of metrics get a score for each task. What is a scorer, or several
    of them, is taken as scikit-learn's searches take it.
    """
    if isinstance(scoring, str):
        return per_task_scorers(scoring, tasks, missing_label=missing_label)
    if scoring is not None:
        return scoring if callable(scoring) else check_scoring(estimator, scoring)
    by_kind = {
        kind: per_task_scorers(
            DEFAULT_METRICS[kind],
            [task for task, own in zip(tasks, kinds, strict=True) if own == kind],
            missing_label=missing_label,
        )
        for kind in dict.fromkeys(kinds)
    }
    if len(by_kind) == 1:
        return by_kind.popitem()[1]
    parts = {task: scorers[task] for scorers in by_kind.values() for task in scorers}
    own = {task: parts[task] for task in tasks}
    return TaskScorers(own, mean=MeanOfTasks(TaskScorers(own)))


class MeanOfTasks:
    """Scores an estimator by the mean over tasks that are scored by several metrics."""

    def __init__(self, scorers: TaskScorers):
        self.scorers = scorers

    def __call__(
        self, estimator: Any, X: Any, y_true: Any, sample_weight: Any = None
    ) -> float:
        scores = self.scorers(estimator, X, y_true, sample_weight=sample_weight)
        values = np.array(list(scores.values()))
        return float(np.nanmean(values)) if not np.isnan(values).all() else np.nan

    def __repr__(self) -> str:
        return f"MeanOfTasks({list(self.scorers)})"
