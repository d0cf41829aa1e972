"""Tune the sides of a comparison with the same budget."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._tasks import Tasks, read_targets
from sklearn_mtl._validation import (
    check_option,
    check_sample_weight,
    did_you_mean,
    list_some,
    parameter_error,
)
from sklearn_mtl.metrics._metric import Metric
from sklearn_mtl.model_selection._compare._fit_and_score import Trial, find_fit_keyword
from sklearn_mtl.model_selection._compare._repeats import show_labels
from sklearn_mtl.model_selection._k_fold import MultiTaskKFold
from sklearn_mtl.multioutput._base import BaseIndependentTasks
from sklearn_mtl.multioutput._independent_tasks import (
    IndependentTasks,
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)

_N_FOLDS = 3
_INNER = "estimator__"


def split_search(
    search: Any, estimators: Mapping[str, Any], owner: str
) -> dict[str, list[dict[str, Any]]]:
    """Return the candidate values of each estimator that is to be tuned, as dicts."""
    if search is None:
        return {}
    listed = isinstance(search, (list, tuple))
    if not search or not all(
        isinstance(values, Mapping) for values in (search if listed else [search])
    ):
        raise parameter_error(
            "search",
            owner,
            "a dict from parameter to values, or from estimator to such a dict",
            repr(search),
        )
    by_name: dict[str, Any] = dict.fromkeys(estimators, search)
    if isinstance(search, Mapping) and _is_by_estimator(search, estimators):
        for name in search:
            check_option(name, estimators, "search", owner)
        by_name = {name: values for name, values in search.items() if values}
    dicts_of: dict[str, list[Any]] = {
        name: [values] if isinstance(values, Mapping) else list(values)
        for name, values in by_name.items()
    }
    for name, dicts in dicts_of.items():
        _check_parameters(dicts, name, estimators[name], owner)
    return dicts_of


def _is_by_estimator(search: Mapping[str, Any], estimators: Mapping[str, Any]) -> bool:
    # The values of a parameter are a list or a distribution, not a dict.
    if all(values is None or isinstance(values, Mapping) for values in search.values()):
        return True
    listed = [values for values in search.values() if isinstance(values, (list, tuple))]
    of_dicts = all(isinstance(v, Mapping) for values in listed for v in values)
    return set(search) <= set(estimators) and of_dicts


def _check_parameters(
    dicts: Sequence[Mapping[str, Any]], name: str, estimator: Any, owner: str
) -> None:
    known = estimator.get_params(deep=True)
    for values in dicts:
        for path, choices in values.items():
            if not hasattr(choices, "rvs") and not _is_listed(choices):
                raise parameter_error(
                    "search",
                    owner,
                    "a dict from parameter to a list of values, not empty, or to a "
                    "distribution",
                    f"{path!r}: {choices!r}",
                )
            # A parameter of what another one is set to, such as architecture__width.
            parents = (path[:i] for i in range(len(path)) if path.startswith("__", i))
            if path not in known and not any(parent in values for parent in parents):
                raise parameter_error(
                    "search",
                    owner,
                    f"keyed by parameters of the estimator {name!r} "
                    f"({list_some(known, limit=40)})",
                    f"{path!r}{did_you_mean(path, known)}",
                )


def _is_listed(choices: Any) -> bool:
    listed = isinstance(choices, (Sequence, np.ndarray))
    return listed and not isinstance(choices, (str, bytes)) and len(choices) > 0


def draw_candidates(
    dicts: Sequence[Mapping[str, Any]], n_candidates: int, seed: int
) -> list[dict[str, Any]]:
    """Return the grid if it is within the budget, else a sample of it."""
    if not any(hasattr(v, "rvs") for values in dicts for v in values.values()):
        grid = ParameterGrid(list(dicts))
        if len(grid) <= n_candidates:
            return list(grid)
    return list(ParameterSampler(list(dicts), n_candidates, random_state=seed))


def tune_all(
    estimators: Mapping[str, Any],
    searches: Mapping[str, Sequence[Mapping[str, Any]]],
    n_candidates: int,
    trial: Trial,
    rng: np.random.RandomState,
) -> dict[str, Any]:
    """Return the estimators, those with a search as ones that tune themselves.

    The same search has the same candidates for all.
    """
    if not searches:
        return dict(estimators)
    seed = int(rng.randint(2**31 - 1))
    tuned = dict(estimators)
    for name, dicts in searches.items():
        candidates = draw_candidates(dicts, n_candidates, seed)
        tuned[name] = tune(
            estimators[name], candidates, trial.metrics, trial.missing_label, seed
        )
    return tuned


def tune(
    estimator: Any,
    candidates: Sequence[Mapping[str, Any]],
    metrics: Sequence[Metric],
    missing_label: Any,
    seed: int,
) -> Any:
    """Return an estimator that chooses among the candidates when it is fitted.

    Where there is one copy of an estimator per task, each is tuned for itself, unless
    the candidates are about more than the copies.
    """
    names = {name for values in candidates for name in values}
    per_task = isinstance(estimator, BaseIndependentTasks) and all(
        name.startswith(_INNER) for name in names
    )
    if not per_task:
        return Tuned(estimator, candidates, metrics, missing_label, seed)
    candidates = [
        {name.removeprefix(_INNER): value for name, value in values.items()}
        for values in candidates
    ]
    tuned = Tuned(estimator.estimator, candidates, metrics, missing_label, seed)
    return _find_tuned_class(estimator)(
        tuned,
        n_jobs=estimator.n_jobs,
        missing_label=estimator.missing_label,
        task_metrics=metrics,
    )


def _has_predict_proba(self: "Tuned") -> bool:
    return hasattr(getattr(self, "best_estimator_", self.estimator), "predict_proba")


class Tuned(MetaEstimatorMixin, BaseEstimator):
    """An estimator fitted with the candidate of the best mean score over the tasks.

    A task counts by its mean over the folds where it has a score.
    """

    def __init__(
        self,
        estimator: Any,
        candidates: Sequence[Mapping[str, Any]],
        task_metrics: Sequence[Metric],
        missing_label: Any,
        random_state: int,
    ) -> None:
        self.estimator = estimator
        self.candidates = candidates
        self.task_metrics = task_metrics
        self.missing_label = missing_label
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Tuned":
        scores = np.zeros(1)
        if len(self.candidates) > 1:
            scores = self._score_candidates(X, y, sample_weight)
        self.candidate_scores_ = scores
        if np.isnan(scores).all():
            warnings.warn(
                "No parameters that were tried have a score: the first ones are taken.",
                UndefinedMetricWarning,
                stacklevel=2,
            )
        known = np.where(np.isnan(scores), -np.inf, scores)
        self.best_params_ = dict(self.candidates[int(np.argmax(known))])
        self.best_estimator_ = self._build(self.best_params_)
        keyword = find_fit_keyword(self.best_estimator_)
        weights = {} if sample_weight is None else {str(keyword): sample_weight}
        self.best_estimator_.fit(X, y, **weights)
        return self

    def _score_candidates(self, X: Any, y: Any, sample_weight: Any) -> np.ndarray:
        owner = type(self).__name__
        targets = read_targets(y, missing_label=self.missing_label, owner=owner)
        X, y = indexable(X, y)
        if sample_weight is not None:
            weights = check_sample_weight(sample_weight, targets.observed, owner)
            targets = targets.mask(weights)
        trial = Trial(
            X, y, sample_weight, targets.observed, self.missing_label, self.task_metrics
        )
        cv = MultiTaskKFold(
            _N_FOLDS, random_state=self.random_state, missing_label=self.missing_label
        )
        folds = list(cv.split(X, show_labels(cv, trial)))
        return np.array([self._score(trial, folds, c) for c in self.candidates])

    def _score(self, trial: Trial, folds: Any, candidate: Mapping[str, Any]) -> float:
        try:
            scores = [
                trial.fit_and_score(self._build(candidate), train, test)[0]
                for train, test in folds
            ]
        except Exception as error:
            error.add_note(f"While trying the parameters {dict(candidate)}.")
            raise
        defined = ~np.isnan(scores)
        sums = np.where(defined, scores, 0).sum(axis=0)
        kept = defined.any(axis=0)
        return (sums[kept] / defined.sum(axis=0)[kept]).mean() if kept.any() else np.nan

    def _build(self, candidate: Mapping[str, Any]) -> Any:
        # A candidate that is an estimator itself must not be fitted.
        values = {name: clone(value, safe=False) for name, value in candidate.items()}
        return clone(self.estimator).set_params(**values)

    @property
    def classes_(self) -> Any:
        return self.best_estimator_.classes_

    def predict(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.best_estimator_.predict(X)

    @available_if(_has_predict_proba)
    def predict_proba(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.best_estimator_.predict_proba(X)

    def __sklearn_tags__(self) -> Any:
        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.estimator_type = inner.estimator_type
        tags.input_tags = inner.input_tags
        last = self.estimator
        while isinstance(last, Pipeline):
            # The tags of a pipeline do not tell which labels its last step takes.
            last = last.steps[-1][1]
        tags.target_tags = get_tags(last).target_tags
        return tags


class _TunedCopies(BaseIndependentTasks):
    """Copies of a tuned estimator, each scored by the metric of its task."""

    def __init__(
        self, estimator: Any, *, n_jobs: Any, missing_label: Any, task_metrics: Any
    ) -> None:
        super().__init__(estimator, n_jobs=n_jobs, missing_label=missing_label)
        self.task_metrics = task_metrics

    def _copies(self, tasks: Tasks) -> list[Any]:
        copies = super()._copies(tasks)
        for copy, metric in zip(copies, self.task_metrics, strict=True):
            if isinstance(copy, Tuned):
                copy.task_metrics = [metric]
        return copies


class _TunedTasks(_TunedCopies, IndependentTasks):
    """One tuned copy per task."""


class _TunedTasksClassifier(_TunedCopies, IndependentTasksClassifier):
    """One tuned copy of a classifier per task."""


class _TunedTasksRegressor(_TunedCopies, IndependentTasksRegressor):
    """One tuned copy of a regressor per task."""


def _find_tuned_class(estimator: BaseIndependentTasks) -> type[_TunedCopies]:
    if isinstance(estimator, IndependentTasksClassifier):
        return _TunedTasksClassifier
    if isinstance(estimator, IndependentTasksRegressor):
        return _TunedTasksRegressor
    return _TunedTasks
