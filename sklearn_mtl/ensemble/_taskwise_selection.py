from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl.ensemble._candidates import _candidates_docs as _docs
from sklearn_mtl.ensemble._candidates._read_candidates import drop_dropped
from sklearn_mtl.ensemble._candidates._responses import respond
from sklearn_mtl.ensemble._class_probabilities import ClassProbabilitiesMixin
from sklearn_mtl.ensemble._selection import _selection_docs
from sklearn_mtl.ensemble._selection._base_selection import BaseSelection


class TaskwiseSelectionClassifier(ClassProbabilitiesMixin, BaseSelection):
    __doc__ = f"""For each task the classifier that wins under cross-validation.

    {_selection_docs.SUMMARY}

    Parameters
    ----------
    {_docs.describe_candidates("classifier")}
        {_selection_docs.ORDER}
    {_docs.CV}
    {_selection_docs.describe_scoring("accuracy")}
    {_docs.OPTIONS}
    {_selection_docs.VERBOSE}

    Attributes
    ----------
    {_selection_docs.ATTRIBUTES}
    classes_ : ndarray of shape (n_classes,), or list of such arrays
        The classes of each task; an array for a 1-D `y`.
    {_docs.ATTRIBUTES}

    See Also
    --------
    TaskwiseSelectionRegressor : The same for quantities.
    MultiTaskStackingClassifier : All candidates combined instead.
    sklearn_mtl.model_selection.compare_estimators : Tell which differences are more
        than chance.

    Notes
    -----
    {_selection_docs.NOTES}

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_mtl.datasets import make_multitask_classification
    >>> from sklearn_mtl.ensemble import TaskwiseSelectionClassifier
    >>> X, Y = make_multitask_classification(300, n_tasks=3, random_state=0)
    >>> Y[:, 2] = abs(X[:, 0]) < 0.7
    >>> estimators = [
    ...     ("linear", LogisticRegression()),
    ...     ("trees", DecisionTreeClassifier(max_depth=4, random_state=0)),
    ... ]
    >>> selection = TaskwiseSelectionClassifier(estimators, random_state=0)
    >>> selection.fit(X, Y).selected_
    {{'task0': 'linear', 'task1': 'linear', 'task2': 'trees'}}
    """

    def _has_probabilities(self) -> bool:
        candidates = getattr(self, "estimators_", None)
        if candidates is None:
            candidates = drop_dropped(self.estimators)
        return all(hasattr(candidate, "predict_proba") for candidate in candidates)

    def _probabilities(self, X: Any) -> list[np.ndarray]:
        return self._collect(respond, X)


class TaskwiseSelectionRegressor(TaskScoringMixin, RegressorMixin, BaseSelection):
    __doc__ = f"""For each task the regressor that wins under cross-validation.

    {_selection_docs.SUMMARY}

    Parameters
    ----------
    {_docs.describe_candidates("regressor")}
        {_selection_docs.ORDER}
    {_docs.CV}
    {_selection_docs.describe_scoring("R²")}
    {_docs.OPTIONS}
    {_selection_docs.VERBOSE}

    Attributes
    ----------
    {_selection_docs.ATTRIBUTES}
    {_docs.ATTRIBUTES}

    See Also
    --------
    TaskwiseSelectionClassifier : The same for classes.
    MultiTaskStackingRegressor : All candidates combined instead.
    sklearn_mtl.model_selection.compare_estimators : Tell which differences are more
        than chance.

    Notes
    -----
    {_selection_docs.NOTES}

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.ensemble import TaskwiseSelectionRegressor
    >>> X, Y = make_multitask_regression(300, n_tasks=3, random_state=0)
    >>> Y[:, 2] = X[:, 0] ** 2
    >>> estimators = [
    ...     ("linear", LinearRegression()),
    ...     ("trees", DecisionTreeRegressor(max_leaf_nodes=8, random_state=0)),
    ... ]
    >>> selection = TaskwiseSelectionRegressor(estimators, random_state=0)
    >>> selection.fit(X, Y).selected_
    {{'task0': 'linear', 'task1': 'linear', 'task2': 'trees'}}
    """

    _kind = "regression"
