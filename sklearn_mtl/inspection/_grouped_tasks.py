from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl.inspection._grouping import _grouped_tasks_docs as _docs
from sklearn_mtl.inspection._grouping._base_grouped_tasks import BaseGroupedTasks
from sklearn_mtl.multioutput._constant_tasks import check_rows_of_constants


def _has_predict_proba(self: BaseGroupedTasks) -> bool:
    return hasattr(self.estimator, "predict_proba")


class GroupedTasksClassifier(TaskScoringMixin, ClassifierMixin, BaseGroupedTasks):
    __doc__ = f"""One copy of a classifier per group of tasks that help each other.

    Tasks that hurt each other are learnt apart, those that help each other together; to
    the outside it is one estimator for all tasks.

    Parameters
    ----------
    estimator : classifier
        The classifier to copy, which may be a pipeline. It must take several tasks,
        unless every group has one.
    {_docs.GROUPS}

    Attributes
    ----------
    {_docs.ATTRIBUTES}
    classes_ : ndarray of shape (n_classes,), or list of such arrays
        The classes of each task; an array for a 1-D `y`.

    See Also
    --------
    GroupedTasksRegressor : The same for quantities.
    task_affinity : Tell what each task does to each other.
    group_tasks : Make groups of tasks from affinities.
    sklearn_mtl.multioutput.IndependentTasksClassifier : Every task by itself.

    Notes
    -----
    {_docs.NOTES}

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_mtl.datasets import make_multitask_classification
    >>> from sklearn_mtl.inspection import GroupedTasksClassifier
    >>> X, Y = make_multitask_classification(
    ...     200, n_tasks=4, n_clusters=2, n_classes=3, random_state=0
    ... )
    >>> tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    >>> grouped = GroupedTasksClassifier(tree).fit(X, Y)
    >>> grouped.groups_
    [['task0', 'task1'], ['task2', 'task3']]
    >>> grouped.predict(X).shape
    (200, 4)
    """

    _kind = "classification"

    @property
    def classes_(self) -> Any:
        """The classes of each task."""
        classes = list(self._tasks.classes)
        return classes[0] if self._tasks.one_dimensional else classes

    @available_if(_has_predict_proba)
    def predict_proba(self, X: Any) -> Any:
        """Predict the probabilities of the classes of all tasks.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or list of such arrays
            One array per task, in the order of its `classes_`; an array if `y` was 1-D.
        """
        check_is_fitted(self)
        check_rows_of_constants(self, X)
        of_groups = [
            _as_list(copy.predict_proba(X), len(group))
            for copy, group in zip(self.estimators_, self.groups_, strict=True)
        ]
        probabilities = []
        for t in range(self.n_tasks_):
            group, place = self._place(t)
            probabilities.append(of_groups[group][place])
        return probabilities[0] if self._tasks.one_dimensional else probabilities

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator).classifier_tags
        if inner is not None:
            tags.classifier_tags = inner
        return tags


class GroupedTasksRegressor(TaskScoringMixin, RegressorMixin, BaseGroupedTasks):
    __doc__ = f"""One copy of a regressor per group of tasks that help each other.

    Tasks that hurt each other are learnt apart, those that help each other together; to
    the outside it is one estimator for all tasks.

    Parameters
    ----------
    estimator : regressor
        The regressor to copy, which may be a pipeline. It must take several tasks,
        unless every group has one.
    {_docs.GROUPS}

    Attributes
    ----------
    {_docs.ATTRIBUTES}

    See Also
    --------
    GroupedTasksClassifier : The same for classes.
    task_affinity : Tell what each task does to each other.
    group_tasks : Make groups of tasks from affinities.
    sklearn_mtl.multioutput.IndependentTasksRegressor : Every task by itself.

    Notes
    -----
    {_docs.NOTES}

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.inspection import GroupedTasksRegressor
    >>> from sklearn_mtl.linear_model import RegularizedMTLRegressor
    >>> X, Y = make_multitask_regression(
    ...     200, n_tasks=4, n_clusters=2, random_state=0
    ... )
    >>> grouped = GroupedTasksRegressor(RegularizedMTLRegressor("trace", 0.1))
    >>> grouped.fit(X, Y).groups_
    [['task0', 'task1'], ['task2', 'task3']]
    >>> round(grouped.score(X, Y), 1)
    0.9
    """

    _kind = "regression"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator).regressor_tags
        if inner is not None:
            tags.regressor_tags = inner
        return tags


def _as_list(probabilities: Any, n_tasks: int) -> list[np.ndarray]:
    """Return an array per task, of what `predict_proba` returns for a group.

    For several tasks of two classes, some estimators return the probabilities of the
    second class, side by side.
    """
    if isinstance(probabilities, list):
        return probabilities
    if n_tasks == 1:
        return [probabilities]
    return [np.column_stack([1 - p, p]) for p in np.asarray(probabilities).T]
