"""The scorers of a search over task weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring

from sklearn_mtl._scoring import DEFAULT_METRICS
from sklearn_mtl._tasks import Kind
from sklearn_mtl.metrics import per_task_scorers
from sklearn_mtl.metrics._metric import resolve_metric
from sklearn_mtl.metrics._task_scorers import Evaluator


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
        if callable(scoring):
            return scoring
        return check_scoring(estimator, scoring, raise_exc=False)
    if len(set(kinds)) == 1:
        metric = DEFAULT_METRICS[kinds[0]]
        return per_task_scorers(metric, tasks, missing_label=missing_label)
    return ScoresOfBothKinds(tuple(tasks), tuple(kinds), missing_label)


@dataclass(frozen=True)
class ScoresOfBothKinds:
    """Scores classes by accuracy and quantities by R², each task by its own."""

    tasks: tuple[str, ...]
    kinds: tuple[Kind, ...]
    missing_label: Any

    def __call__(
        self, estimator: Any, X: Any, y_true: Any, sample_weight: Any = None
    ) -> dict[str, float]:
        found: dict[str, float] = {}
        for kind in dict.fromkeys(self.kinds):
            metric = resolve_metric(DEFAULT_METRICS[kind], type(self).__name__)
            score = Evaluator(metric, self.missing_label)
            own = [
                task
                for task, other in zip(self.tasks, self.kinds, strict=True)
                if other == kind
            ]
            found |= score(estimator, X, y_true, sample_weight, own).as_dict()
        scores = {task: found[task] for task in self.tasks}
        known = [score for score in scores.values() if not np.isnan(score)]
        return {**scores, "mean": float(np.mean(known)) if known else np.nan}
