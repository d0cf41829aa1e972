from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl._tasks import Kind, Targets, Tasks
from sklearn_mtl.multioutput._base import BaseIndependentTasks
from sklearn_mtl.multioutput._constant_tasks import check_rows_of_constants


def _has_predict_proba(self: BaseIndependentTasks) -> bool:
    if not hasattr(self, "estimators_"):
        return hasattr(self.estimator, "predict_proba")
    return all(
        hasattr(estimator, "predict_proba")
        for estimator, kind in zip(self.estimators_, self._tasks.kinds, strict=True)
        if kind == "classification"
    )


class _ClassesMixin:
    """Classes and their probabilities, None for a task of quantities."""

    _tasks: Tasks
    estimators_: list[Any]

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
        probabilities: list[np.ndarray | None] = []
        for estimator, classes in zip(
            self.estimators_, self._tasks.classes, strict=True
        ):
            of_task = None if classes is None else estimator.predict_proba(X)
            # An estimator that takes 2-D labels only returns a list, here of one array.
            probabilities += of_task if isinstance(of_task, list) else [of_task]
        return probabilities[0] if self._tasks.one_dimensional else probabilities


class IndependentTasksClassifier(
    _ClassesMixin, TaskScoringMixin, ClassifierMixin, BaseIndependentTasks
):
    """One copy of a classifier per task, each fitted on the rows that have its label.

    The single-task baseline: what learning the tasks together has to beat. It also
    makes any classifier take several tasks with different classes and missing labels.

    Parameters
    ----------
    estimator : classifier
        The classifier to copy, which may be a pipeline. X is handed to it as it comes.
    n_jobs : int, default=None
        How many tasks to fit in parallel. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted copy of each task. A task with one class has a
        :class:`~sklearn.dummy.DummyClassifier` that predicts it.
    classes_ : ndarray of shape (n_classes,), or list of such arrays
        The classes of each task; an array for a 1-D `y`.
    n_tasks_ : int
        The number of tasks.
    n_outputs_ : int
        The same number, under scikit-learn's name.
    task_names_ : ndarray of shape (n_tasks,)
        The names of the tasks: the columns of a data frame, else "task0", "task1", ...
    n_features_in_ : int
        The number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        The names of the features, where X has names that are all strings.

    See Also
    --------
    IndependentTasksRegressor : The same for quantities.
    sklearn_mtl.model_selection.compare_with_single_task : Tell whether learning the
        tasks together helps.
    sklearn.multioutput.MultiOutputClassifier : Takes complete labels only; its score
        counts the rows that are right for all tasks.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_mtl.multioutput import IndependentTasksClassifier
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> Y = [["no", 1], ["no", None], ["yes", 2], ["yes", 3]]
    >>> clf = IndependentTasksClassifier(LogisticRegression()).fit(X, Y)
    >>> clf.predict(X)
    array([['no', 1],
           ['no', 1],
           ['yes', 2],
           ['yes', 3]], dtype=object)
    >>> clf.score_tasks(X, Y)
    {'task0': 1.0, 'task1': 1.0}
    """

    def _kinds(self, targets: Targets) -> Kind:
        return "classification"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator).classifier_tags
        if inner is not None:
            tags.classifier_tags = inner
        tags.classifier_tags.multi_label = True
        return tags


class IndependentTasksRegressor(TaskScoringMixin, RegressorMixin, BaseIndependentTasks):
    """One copy of a regressor per task, each fitted on the rows that have its label.

    The single-task baseline: what learning the tasks together has to beat. It also
    makes any regressor take several targets with missing values.

    Parameters
    ----------
    estimator : regressor
        The regressor to copy, which may be a pipeline. X is handed to it as it comes.
    n_jobs : int, default=None
        How many tasks to fit in parallel. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.

    Attributes
    ----------
    estimators_ : list of regressors
        The fitted copy of each task.
    n_tasks_ : int
        The number of tasks.
    n_outputs_ : int
        The same number, under scikit-learn's name.
    task_names_ : ndarray of shape (n_tasks,)
        The names of the tasks: the columns of a data frame, else "task0", "task1", ...
    n_features_in_ : int
        The number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        The names of the features, where X has names that are all strings.

    See Also
    --------
    IndependentTasksClassifier : The same for classes.
    sklearn_mtl.model_selection.compare_with_single_task : Tell whether learning the
        tasks together helps.
    sklearn.multioutput.MultiOutputRegressor : Takes complete targets only.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn_mtl.multioutput import IndependentTasksRegressor
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> Y = np.array([[0.0, 1.0, 2.0, 3.0], [5.0, np.nan, 3.0, 2.0]]).T
    >>> reg = IndependentTasksRegressor(LinearRegression()).fit(X, Y)
    >>> reg.predict([[4.0]])
    array([[4., 1.]])
    >>> reg.score_tasks(X, Y)
    {'task0': 1.0, 'task1': 1.0}
    """

    def _kinds(self, targets: Targets) -> Kind:
        return "regression"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator).regressor_tags
        if inner is not None:
            tags.regressor_tags = inner
        return tags


class IndependentTasks(_ClassesMixin, TaskScoringMixin, BaseIndependentTasks):
    """One copy per task of an estimator that takes classes and quantities alike."""
