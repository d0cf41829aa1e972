"""How good a solution is on the labels that were held out."""

from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_method_params

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.linear_model._folds import Fold
from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.solvers._solution import Solution
from sklearn_mtl.metrics import make_multitask_scorer
from sklearn_mtl.metrics._task_scorers import MultiTaskScorer


class HeldOutScore(Protocol):
    """The score of a solution, and that of each task; NaN where there is none."""

    def __call__(
        self, model: Any, solution: Solution, penalty: Penalty, fold: Fold
    ) -> tuple[float, np.ndarray]: ...


@dataclass(frozen=True)
class HeldOutLoss:
    """Minus the mean over tasks of the weighted mean loss of their labels."""

    tasks: Tasks
    targets: np.ndarray

    def __call__(
        self, model: Any, solution: Solution, penalty: Penalty, fold: Fold
    ) -> tuple[float, np.ndarray]:
        W = solution.components.sum(axis=0)
        scores = fold.data.X[fold.held_out] @ W + solution.intercept
        losses = model._losses(scores, self.targets[fold.held_out], self.tasks)
        totals = fold.weights.sum(axis=0)
        sums = (fold.weights * losses).sum(axis=0)
        of_tasks = np.full(len(totals), np.nan)
        np.divide(-sums, totals, out=of_tasks, where=totals > 0)
        scored = totals > 0
        return float(of_tasks[scored].mean()) if scored.any() else np.nan, of_tasks


@dataclass(frozen=True)
class ScorerOnHeldOut:
    """What a scorer says of the estimator that a solution makes.

    A scorer of several tasks does not see those that nothing was learnt of.
    """

    scorer: Any
    tasks: Tasks
    X: Any
    y: Any
    params: dict[str, Any]

    def __call__(
        self, model: Any, solution: Solution, penalty: Penalty, fold: Fold
    ) -> tuple[float, np.ndarray]:
        model = copy(model)
        # The inputs are an array by now.
        model.__dict__.pop("feature_names_in_", None)
        model._keep(solution, self.tasks, penalty)
        X, y = self.X[fold.held_out], _safe_indexing(self.y, fold.held_out)
        params = _check_method_params(self.X, self.params, indices=fold.held_out)
        if not isinstance(self.scorer, MultiTaskScorer):
            none = np.full(self.tasks.n_tasks, np.nan)
            return float(self.scorer(model, X, y, **params)), none
        scores = self.scorer.evaluator(model, X, y, **params)
        scored = np.where(fold.weights.any(axis=0), scores.values, np.nan)
        return self.scorer.reduce(replace(scores, values=scored)), scored


def resolve_scoring(scoring: Any, estimator: Any, missing_label: Any) -> Any:
    """Return the scorer; a name is that of the metric of each task."""
    if isinstance(scoring, str):
        return make_multitask_scorer(scoring, missing_label=missing_label)
    return check_scoring(estimator, scoring=scoring)
