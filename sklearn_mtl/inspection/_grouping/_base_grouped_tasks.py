import warnings
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, _fit_context
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_mtl._parallel import run_jobs
from sklearn_mtl._plain_state import PlainStateMixin
from sklearn_mtl._tasks import Kind, Tasks, read_targets, stack_columns
from sklearn_mtl._validation import (
    check_option,
    check_sample_weight,
    list_some,
)
from sklearn_mtl.inspection._affinity._find_affinity import find_affinity
from sklearn_mtl.inspection._affinity._inputs import Given, find_net, read_affinity
from sklearn_mtl.inspection._affinity._pairwise_affinity import Budget, find_by_pairs
from sklearn_mtl.inspection._group_tasks import group_tasks
from sklearn_mtl.inspection._grouping._read_groups import Groups, read_groups
from sklearn_mtl.multioutput._constant_tasks import check_rows_of_constants
from sklearn_mtl.multioutput._copy_for_task import copy_for_tasks
from sklearn_mtl.multioutput._fit_one_task import (
    check_use_of_weights,
    find_weight_keyword,
)
from sklearn_mtl.multioutput._fit_some_tasks import LabelledTable

AFFINITIES = ("auto", "gradient", "transfer", "label", "pairwise")


class BaseGroupedTasks(PlainStateMixin, MetaEstimatorMixin, BaseEstimator):
    """What the estimators with one copy of an estimator per group have in common."""

    _kind: Kind

    _parameter_constraints: dict[str, Any] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "groups": "no_validation",
        "affinity": [str, "array-like"],
        "n_groups": [Interval(Integral, 1, None, closed="left"), str],
        "n_jobs": [Integral, None],
        "missing_label": "no_validation",
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        groups: Any = "auto",
        *,
        affinity: Any = "auto",
        n_groups: int | str = "auto",
        n_jobs: int | None = None,
        missing_label: Any = np.nan,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.groups = groups
        self.affinity = affinity
        self.n_groups = n_groups
        self.n_jobs = n_jobs
        self.missing_label = missing_label
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find the groups, if they are not given, and fit one copy on each.

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
            If a task has no label or no group, or the estimator cannot use the weights.
            An error of the estimator carries a note that names the tasks.
        """
        data = self._read(X, y, sample_weight)
        groups = self._find_groups(data)
        self._warn_of_constants(data.tasks, groups)
        jobs = [(self.estimator, members) for members in groups.members]
        self.estimators_ = run_jobs(LabelledTable.fit, data, jobs, self.n_jobs)
        self._groups = groups
        self._tasks = tasks = data.tasks
        self.groups_ = [[tasks.names[t] for t in group] for group in groups.members]
        self.group_of_task_ = groups.serving
        self.n_tasks_ = self.n_outputs_ = tasks.n_tasks
        self.task_names_ = np.array(tasks.names, dtype=object)
        return self

    def _read(self, X: Any, y: Any, sample_weight: Any) -> LabelledTable:
        owner = type(self).__name__
        targets = read_targets(y, missing_label=self.missing_label, owner=owner)
        X, _ = indexable(X, targets.observed)
        validate_data(self, X, skip_check_array=True)
        weights = check_sample_weight(sample_weight, targets.observed, owner)
        check_use_of_weights(self.estimator, weights, owner)
        targets = targets.mask(weights)
        tasks = Tasks.infer(targets, self._kind, owner)
        takes_weights = find_weight_keyword(self.estimator) is not None
        used = sample_weight is not None and takes_weights
        return LabelledTable(X, targets, weights if used else None, tasks)

    def _find_groups(self, data: LabelledTable) -> Groups:
        names, owner = data.tasks.names, type(self).__name__
        # Left over from a fit that found them.
        self.__dict__.pop("affinity_", None)
        if len(names) == 1:
            # Whatever the groups: what is said of several tasks may be asked of one.
            return Groups.of_each([[0]])
        if not (isinstance(self.groups, str) and self.groups == "auto"):
            return read_groups(self.groups, names, owner)
        self.affinity_ = self._find_affinity(data)
        return read_groups(group_tasks(self.affinity_, self.n_groups), names, owner)

    def _find_affinity(self, data: LabelledTable) -> np.ndarray:
        method, owner = self.affinity, type(self).__name__
        if not isinstance(method, str):
            return read_affinity(method, data.tasks.names, owner)
        check_option(method, AFFINITIES, "affinity", owner)
        if method == "auto":
            method = "label" if find_net(self.estimator) is None else "gradient"
        rng = check_random_state(self.random_state)
        given = self._give(data)
        if method == "pairwise":
            return find_by_pairs(given, Budget(None, None, None, self.n_jobs, 0), rng)
        return find_affinity(method, given, rng)

    def _give(self, data: LabelledTable) -> Given:
        """Return the estimator and all labels, where it reads what is missing."""
        every = list(range(data.tasks.n_tasks))
        return Given(
            copy_for_tasks(self.estimator, data.tasks, every),
            data.X,
            data.labels(every, np.arange(data.targets.n_samples)),
            data.weights,
            np.nan,
            data,
            type(self).__name__,
        )

    def _warn_of_constants(self, tasks: Tasks, groups: Groups) -> None:
        """Warn of tasks that a dummy predicts; of others the estimator may warn."""
        constant = [
            tasks.names[group[0]]
            for group in groups.members
            if len(group) == 1 and _is_constant(tasks.classes[group[0]])
        ]
        if constant:
            warnings.warn(
                f"{type(self).__name__} was given a single class for "
                f"{list_some(constant)}, and will predict it always.",
                stacklevel=4,
            )

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
        predicted = [np.asarray(copy.predict(X)) for copy in self.estimators_]
        columns = []
        for t, classes in enumerate(self._tasks.classes):
            group, place = self._place(t)
            table = predicted[group]
            column = table.reshape(len(table), -1)[:, place]
            dtype = np.float64 if classes is None else classes.dtype
            columns.append(column.astype(dtype))
        return stack_columns(columns, self._tasks.one_dimensional)

    def _place(self, t: int) -> tuple[int, int]:
        """Return the group that predicts a task, and where the task is in it."""
        group = int(self._groups.serving[t])
        return group, self._groups.members[group].index(t)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.non_deterministic = inner.non_deterministic
        tags.target_tags.positive_only = inner.target_tags.positive_only
        last = self.estimator
        while isinstance(last, Pipeline):
            # Its own tags do not tell what its last step takes.
            last = last.steps[-1][1]
        tags.target_tags.multi_output = get_tags(last).target_tags.multi_output
        return tags


def _is_constant(classes: np.ndarray | None) -> bool:
    return classes is not None and len(classes) == 1
