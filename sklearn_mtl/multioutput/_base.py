import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, _fit_context
from sklearn.dummy import DummyClassifier
from sklearn.utils import get_tags, indexable
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_mtl._parallel import run_jobs
from sklearn_mtl._plain_state import PlainStateMixin
from sklearn_mtl._tasks import Kind, Targets, Tasks, read_targets, stack_columns
from sklearn_mtl._validation import check_sample_weight
from sklearn_mtl.multioutput._constant_tasks import check_rows_of_constants
from sklearn_mtl.multioutput._copy_for_task import copy_for_task
from sklearn_mtl.multioutput._find_kinds import find_kinds
from sklearn_mtl.multioutput._fit_one_task import check_use_of_weights, fit_one_task


class BaseIndependentTasks(PlainStateMixin, MetaEstimatorMixin, BaseEstimator):
    """What the estimators with one copy of an estimator per task have in common."""

    _parameter_constraints: dict[str, Any] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "n_jobs": [Integral, None],
        "missing_label": "no_validation",
    }

    def __init__(
        self, estimator: Any, *, n_jobs: int | None = None, missing_label: Any = np.nan
    ) -> None:
        self.estimator = estimator
        self.n_jobs = n_jobs
        self.missing_label = missing_label

    def _kinds(self, targets: Targets) -> Kind | Sequence[Kind]:
        return find_kinds(self.estimator, targets)

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "BaseIndependentTasks":
        """Fit one copy of the estimator per task, on the rows that have its label.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs, in any form that the estimator takes.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels, one column per task; missing ones are NaN, None or `missing_label`.
        sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
            Weights of rows or of labels. Weight 0 is the same as a missing label; other
            weights need an estimator whose `fit` takes them, or a pipeline that ends
            with one.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a task has no label, or the estimator cannot use the weights.
        """
        owner = type(self).__name__
        targets = read_targets(y, missing_label=self.missing_label, owner=owner)
        X, _ = indexable(X, targets.observed)
        validate_data(self, X, skip_check_array=True)
        weights = check_sample_weight(sample_weight, targets.observed, owner)
        targets = targets.mask(weights)
        tasks = Tasks.infer(targets, self._kinds(targets), owner)
        check_use_of_weights(self.estimator, weights, owner)
        used = None if sample_weight is None else weights
        shared = X, targets, used, tasks.names
        jobs = [(estimator, t) for t, estimator in enumerate(self._copies(tasks))]
        self.estimators_ = run_jobs(_fit_task, shared, jobs, self.n_jobs)
        self._tasks = tasks
        self.n_tasks_ = self.n_outputs_ = tasks.n_tasks
        self.task_names_ = np.array(tasks.names, dtype=object)
        return self

    def _copies(self, tasks: Tasks) -> list[Any]:
        """Return an unfitted estimator per task."""
        copies = []
        for t, classes in enumerate(tasks.classes):
            if classes is None or len(classes) > 1:
                copies.append(copy_for_task(self.estimator, tasks, t))
                continue
            copies.append(DummyClassifier(strategy="most_frequent"))
            warnings.warn(
                f"The task {tasks.names[t]!r} given to {type(self).__name__} has one "
                f"class only, {classes.tolist()[0]!r}, and will be predicted as such "
                "always.",
                stacklevel=4,
            )
        return copies

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
        check_rows_of_constants(self, X)
        columns = [np.ravel(estimator.predict(X)) for estimator in self.estimators_]
        return stack_columns(columns, self._tasks.one_dimensional)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.non_deterministic = inner.non_deterministic
        tags.target_tags.positive_only = inner.target_tags.positive_only
        tags.target_tags.multi_output = True
        return tags


def _fit_task(
    shared: tuple[Any, Targets, np.ndarray | None, Sequence[str]],
    estimator: Any,
    t: int,
) -> Any:
    X, targets, weights, names = shared
    of_task = None if weights is None else weights[:, t]
    observed = targets.observed[:, t]
    return fit_one_task(estimator, X, targets.columns[t], observed, of_task, names[t])
