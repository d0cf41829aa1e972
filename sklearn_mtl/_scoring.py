"""The scores of the estimators that learn several tasks."""

from typing import Any, Protocol

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._tasks import Kind, Tasks, read_targets, stack_columns
from sklearn_mtl._validation import check_sample_weight
from sklearn_mtl.metrics import task_scores

DEFAULT_METRICS: dict[Kind, str] = {"classification": "accuracy", "regression": "r2"}


class _Fitted(Protocol):
    """What an estimator must have for its scores."""

    _tasks: Tasks
    missing_label: Any

    def predict(self, X: Any) -> np.ndarray: ...

    def score_tasks(self, X: Any, y: Any, sample_weight: Any) -> dict[str, float]: ...


class TaskScoringMixin:
    """The scores of every task and their mean.

    It must come before scikit-learn's `ClassifierMixin` and `RegressorMixin`, which
    have a `score` of their own.
    """

    def score(self: _Fitted, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the mean over tasks of the score of each task.

        The score is the accuracy of a classification task and the R² of a regression
        task, over the labels that are there.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels. The columns of a data frame are matched by name.
        sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
            Weights of rows or of labels.

        Returns
        -------
        score : float
            The mean of the scores of the tasks that have one.

        Raises
        ------
        ValueError
            If no task has a score.
        """
        scores = np.array(list(self.score_tasks(X, y, sample_weight).values()))
        if np.isnan(scores).all():
            raise ValueError(
                f"No task given to {type(self).__name__} has a score: every task needs "
                "labels, and R² two of them."
            )
        return float(np.nanmean(scores))

    def score_tasks(
        self: _Fitted, X: Any, y: Any, sample_weight: Any = None
    ) -> dict[str, float]:
        """Return the score of each task, as in `score`.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels. The columns of a data frame are matched by name.
        sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
            Weights of rows or of labels.

        Returns
        -------
        dict of str to float
            Score by name of the task; NaN if it has none, with a warning.
        """
        check_is_fitted(self)
        owner, tasks = type(self).__name__, self._tasks
        targets = read_targets(y, missing_label=self.missing_label, owner=owner)
        order = np.array(tasks.order(targets, owner))
        weights = check_sample_weight(sample_weight, targets.observed, owner)
        predicted = self.predict(X).reshape(-1, tasks.n_tasks)
        scores: dict[str, float] = {}
        for kind in dict.fromkeys(tasks.kinds):
            chosen = np.flatnonzero([kind == of_task for of_task in tasks.kinds])
            columns = [targets.columns[t] for t in order[chosen]]
            scores |= task_scores(
                DEFAULT_METRICS[kind],
                stack_columns(columns, one_dimensional=False),
                predicted[:, chosen],
                sample_weight=weights[:, order[chosen]],
                task_names=[tasks.names[t] for t in chosen],
            )
        return {task: scores[task] for task in tasks.names}
