import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._tasks import stack_columns
from sklearn_mtl._validation import check_option, list_some, parameter_error
from sklearn_mtl.ensemble._candidates._base_candidate_ensemble import (
    BaseCandidateEnsemble,
)
from sklearn_mtl.ensemble._candidates._candidates import Candidates
from sklearn_mtl.ensemble._candidates._responses import predict_columns
from sklearn_mtl.ensemble._selection._find_winners import RULES, find_winners
from sklearn_mtl.model_selection._compare._gather import gather
from sklearn_mtl.model_selection._compare._repeats import say_splitter
from sklearn_mtl.model_selection._compare._run_fits import Plan, run_fits
from sklearn_mtl.model_selection._compare._settings import describe_settings
from sklearn_mtl.model_selection._comparison import TaskComparison

_Predict = Callable[[Any, Any, Sequence[np.ndarray | None]], list[np.ndarray]]


class _Choice(NamedTuple):
    """The winner of each task, and the scores of all candidates."""

    winners: list[str]
    comparison: TaskComparison


class BaseSelection(BaseCandidateEnsemble):
    """What the estimators have in common that have one candidate per task."""

    _winners: list[str]

    _parameter_constraints: dict[str, Any] = {
        **BaseCandidateEnsemble._parameter_constraints,
        "scoring": "no_validation",
        "rule": [str],
    }

    def __init__(
        self,
        estimators: list[tuple[str, Any]],
        *,
        cv: Any = None,
        scoring: Any = None,
        rule: str = "best",
        n_jobs: int | None = None,
        missing_label: Any = np.nan,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(estimators)
        self.cv = cv
        self.scoring = scoring
        self.rule = rule
        self.n_jobs = n_jobs
        self.missing_label = missing_label
        self.random_state = random_state
        self.verbose = verbose

    def _scoring(self) -> Any:
        return self.scoring

    def _choose(self, candidates: Candidates) -> _Choice:
        owner = type(self).__name__
        check_option(self.rule, RULES, "rule", owner)
        _check_probabilities(candidates, owner)
        comparison = self._compare(candidates)
        scores = np.array(list(comparison.scores_.values()))
        winners = find_winners(scores, self.rule)
        names = candidates.tasks.names
        unscored = [names[t] for t in np.flatnonzero(winners < 0)]
        if unscored:
            warnings.warn(
                f"{owner} has no score of the task(s) {list_some(unscored)}, and takes "
                "the first candidate for them.",
                UndefinedMetricWarning,
                stacklevel=5,
            )
        tried = list(candidates.estimators)
        return _Choice([tried[max(winner, 0)] for winner in winners], comparison)

    def _compare(self, candidates: Candidates) -> TaskComparison:
        """Return the scores of all candidates, in every fold."""
        trial, folds = candidates.trial, candidates.folds
        plan = Plan(candidates.estimators, folds, [[fold.train] for fold in folds])
        outcomes, interrupted = run_fits(trial, plan, self.n_jobs, self.verbose)
        if interrupted:
            raise KeyboardInterrupt
        return TaskComparison(
            **gather(plan, outcomes, trial.observed),
            task_names=candidates.tasks.names,
            baseline=next(iter(candidates.estimators)),
            metrics=[metric.name for metric in trial.metrics],
            settings=describe_settings(
                candidates.estimators,
                {},
                0,
                folds=say_splitter(candidates.splitter),
                random_state=self.random_state,
                rows=candidates.targets.n_samples,
                tasks=candidates.tasks.n_tasks,
            ),
        )

    def _find_used(self, choice: _Choice) -> Sequence[str]:
        return [name for name, _ in self.estimators if name in choice.winners]

    def _keep(self, choice: _Choice) -> None:
        self._winners = choice.winners
        self.comparison_ = choice.comparison
        tasks = choice.comparison.task_names_.tolist()
        self.selected_ = dict(zip(tasks, choice.winners, strict=True))

    def predict(self, X: Any) -> np.ndarray:
        """Predict the labels of all tasks.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_tasks)
            Predicted labels. The dtype is numeric when the labels of all tasks are,
            else object.
        """
        check_is_fitted(self)
        columns = self._collect(predict_columns, X)
        return stack_columns(columns, self._tasks.one_dimensional)

    def _collect(self, predict: _Predict, X: Any) -> list[np.ndarray]:
        """Return what the winner of each task predicts for it."""
        predicted = {
            name: predict(estimator, X, self._tasks.classes)
            for name, estimator in self.named_estimators_.items()
        }
        return [predicted[winner][t] for t, winner in enumerate(self._winners)]


def _check_probabilities(candidates: Candidates, owner: str) -> None:
    """Raise if a metric needs probabilities that a candidate has not."""
    needing = [m.name for m in candidates.trial.metrics if m.needs_probabilities]
    for name, estimator in candidates.estimators.items():
        if needing and not hasattr(estimator, "predict_proba"):
            raise parameter_error(
                "scoring",
                owner,
                f"a metric of predicted labels, as {name!r} has no predict_proba",
                repr(needing[0]),
            )
