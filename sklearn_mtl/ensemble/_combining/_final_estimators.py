"""An estimator per task that learns from what the candidates predict."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import _safe_indexing

from sklearn_mtl._inputs import Inputs
from sklearn_mtl._tasks import Targets, Tasks
from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.ensemble._candidates._candidates import Candidates
from sklearn_mtl.ensemble._candidates._responses import (
    choose_labels,
    predict_columns,
    respond,
)
from sklearn_mtl.ensemble._combining._out_of_fold import TaskPredictions
from sklearn_mtl.multioutput._fit_one_task import check_use_of_weights
from sklearn_mtl.multioutput._fit_some_tasks import LabelledTable


@dataclass(frozen=True)
class FinalEstimators:
    """A fitted estimator per task.

    Its features are the responses of all candidates for the task, and those of X if
    they are passed through. Where it is None, the mean of the responses is taken.
    """

    names: tuple[str, ...]
    estimators: list[Any]
    passthrough: bool

    @property
    def used(self) -> list[str]:
        """All candidates."""
        return list(self.names)

    def combine(
        self, responses: Mapping[str, Sequence[np.ndarray]], X: Any, tasks: Tasks
    ) -> list[np.ndarray]:
        """Return the response of the final estimator of each task."""
        return [
            self._respond(responses, X, t, classes)
            for t, classes in enumerate(tasks.classes)
        ]

    def _respond(
        self,
        responses: Mapping[str, Sequence[np.ndarray]],
        X: Any,
        t: int,
        classes: np.ndarray | None,
    ) -> np.ndarray:
        if self.estimators[t] is None:
            return self._mean(responses, t)
        features = self._features(responses, X, t)
        return respond(self.estimators[t], features, [classes])[0]

    def predict(
        self, responses: Mapping[str, Sequence[np.ndarray]], X: Any, tasks: Tasks
    ) -> list[np.ndarray]:
        """Return the labels that the final estimator of each task predicts."""
        return [
            self._predict(responses, X, t, classes)
            for t, classes in enumerate(tasks.classes)
        ]

    def _predict(
        self,
        responses: Mapping[str, Sequence[np.ndarray]],
        X: Any,
        t: int,
        classes: np.ndarray | None,
    ) -> np.ndarray:
        if self.estimators[t] is None:
            return choose_labels(self._mean(responses, t), classes)
        features = self._features(responses, X, t)
        return predict_columns(self.estimators[t], features, [classes])[0]

    def _mean(
        self, responses: Mapping[str, Sequence[np.ndarray]], t: int
    ) -> np.ndarray:
        return np.mean([responses[name][t] for name in self.names], axis=0)

    def _features(
        self, responses: Mapping[str, Sequence[np.ndarray]], X: Any, t: int
    ) -> Any:
        of_task = [responses[name][t] for name in self.names]
        return _put_side_by_side(of_task, X if self.passthrough else None)


def fit_final_estimators(
    estimator: Any,
    candidates: Candidates,
    predictions: Sequence[TaskPredictions],
    *,
    passthrough: bool,
    owner: str,
) -> FinalEstimators:
    """Return a copy of the estimator for each task, fitted to its predicted labels.

    None for a task that has no such label, with a warning.
    """
    X = candidates.trial.X if passthrough else None
    if isinstance(X, Inputs):
        raise parameter_error("passthrough", owner, "False for several inputs", True)
    for of_task in predictions:
        if len(of_task.counts) and np.ptp(of_task.counts):
            check_use_of_weights(estimator, of_task.counts, owner)
    fitted = [
        _fit_for_task(estimator, of_task, _select_task(candidates.tasks, t), X)
        if len(of_task.rows)
        else None
        for t, of_task in enumerate(predictions)
    ]
    _warn_of_unlearnt(fitted, candidates.tasks, owner)
    return FinalEstimators(tuple(candidates.estimators), fitted, passthrough)


def _warn_of_unlearnt(fitted: Sequence[Any], tasks: Tasks, owner: str) -> None:
    unlearnt = [
        task
        for task, estimator in zip(tasks.names, fitted, strict=True)
        if estimator is None
    ]
    if unlearnt:
        warnings.warn(
            f"{owner} has no label of the task(s) {list_some(unlearnt)} that was "
            "predicted out of fold, and takes the mean of the candidates for them.",
            stacklevel=6,
        )


def _select_task(tasks: Tasks, t: int) -> Tasks:
    return Tasks(
        names=(tasks.names[t],),
        kinds=(tasks.kinds[t],),
        classes=(tasks.classes[t],),
        one_dimensional=True,
        named=tasks.named,
    )


def _fit_for_task(
    estimator: Any, predictions: TaskPredictions, task: Tasks, X: Any
) -> Any:
    """Return a copy for one task; a dummy if the labels are of one class."""
    if X is not None:
        X = _safe_indexing(X, predictions.rows)
    targets = Targets(
        names=task.names,
        columns=[predictions.labels],
        observed=np.ones((len(predictions.rows), 1), dtype=bool),
        one_dimensional=True,
        named=task.named,
    )
    features = _put_side_by_side(list(predictions.responses), X)
    rows = LabelledTable(features, targets, predictions.counts[:, np.newaxis], task)
    return rows.fit(estimator, [0])


def _put_side_by_side(responses: Sequence[np.ndarray], X: Any) -> Any:
    """Return a table of the responses of all candidates for one task, and of X.

    The probabilities of two classes tell the same: one is enough.
    """
    tables: list[Any] = [r[:, 1:] if r.shape[1] == 2 else r for r in responses]
    if X is None:
        return np.hstack(tables)
    if sparse.issparse(X):
        tables.append(X)
        return sparse.hstack(tables).tocsr()
    return np.hstack([*tables, np.asarray(X)])
