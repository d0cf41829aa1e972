from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl.ensemble._candidates import _candidates_docs as _docs
from sklearn_mtl.ensemble._class_probabilities import ClassProbabilitiesMixin
from sklearn_mtl.ensemble._combining import _stacking_docs
from sklearn_mtl.ensemble._combining._base_stacking import BaseStacking


class MultiTaskStackingClassifier(ClassProbabilitiesMixin, BaseStacking):
    __doc__ = f"""Several classifiers combined on every task as well as they can be.

    The candidates predict, fold by fold, the labels that they were not fitted to. From
    these each task gets weights w_tj of the candidates j, none negative and of sum 1,
    that minimise the log-loss of their mean probability::

        -sum_i s_it log(sum_j w_tj p_ij(y_it)) - m sum_j v_j log(w_tj)

    over the labels that are there, with their sample weights s. The second term is
    worth m = `sharing` labels: it pulls the weights of tasks with few labels towards
    weights v that are the best for all tasks. Finally, the candidates that have a
    weight are fitted to all rows.

    Parameters
    ----------
    {_docs.describe_candidates("classifier")}
    {_stacking_docs.describe_final_estimator("classifier", "probabilities")}
    {_docs.CV}
    {_stacking_docs.OPTIONS}
    {_docs.OPTIONS}
    {_stacking_docs.VERBOSE}

    Attributes
    ----------
    {_stacking_docs.ATTRIBUTES}
    candidate_losses_ : ndarray of shape (n_tasks, n_candidates)
        The mean log-loss of each candidate, out of fold.
    classes_ : ndarray of shape (n_classes,), or list of such arrays
        The classes of each task; an array for a 1-D `y`.
    {_docs.ATTRIBUTES}

    See Also
    --------
    MultiTaskStackingRegressor : The same for quantities.
    TaskwiseSelectionClassifier : The best candidate of each task instead.
    sklearn.ensemble.StackingClassifier : The same for one task.

    Notes
    -----
    {_stacking_docs.NOTES}

    A candidate without `predict_proba` counts as one that is sure of what it predicts.
    The shared weights v minimise the log-loss of all labels, where those of a task with
    n labels count 1 / (n + m) each. Both problems are convex, and solved exactly by
    Newton's method [2]_.

    References
    ----------
    .. [1] D. H. Wolpert, "Stacked Generalization", Neural Networks 5, 1992.
    .. [2] Y. Kim, P. Carbonetto, M. Stephens and M. Anitescu, "A Fast Algorithm for
       Maximum Likelihood Estimation of Mixture Proportions Using Sequential Quadratic
       Programming", JCGS 29, 2020.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_mtl.datasets import make_multitask_classification
    >>> from sklearn_mtl.ensemble import MultiTaskStackingClassifier
    >>> from sklearn_mtl.linear_model import RegularizedMTLClassifier
    >>> X, Y = make_multitask_classification(300, n_tasks=3, random_state=0)
    >>> Y[:, 2] = abs(X[:, 0]) < 0.7
    >>> estimators = [
    ...     ("linear", RegularizedMTLClassifier("trace", 0.01)),
    ...     ("trees", DecisionTreeClassifier(max_depth=4, random_state=0)),
    ... ]
    >>> stack = MultiTaskStackingClassifier(estimators, random_state=0).fit(X, Y)
    >>> stack.weights_.round(1)
    array([[0.9, 0.1],
           [0.9, 0.1],
           [0. , 1. ]])
    >>> [p.shape for p in stack.predict_proba(X)]
    [(300, 2), (300, 2), (300, 2)]
    """

    def _has_probabilities(self) -> bool:
        final_estimator = self.final_estimator
        return final_estimator is None or hasattr(final_estimator, "predict_proba")

    def _probabilities(self, X: Any) -> list[np.ndarray]:
        return self._combination.combine(self._respond(X), X, self._tasks)


class MultiTaskStackingRegressor(TaskScoringMixin, RegressorMixin, BaseStacking):
    __doc__ = f"""Several regressors combined on every task as well as they can be.

    The candidates predict, fold by fold, the labels that they were not fitted to. From
    these each task gets weights w_tj of the candidates j, none negative and of sum 1,
    that minimise the squared error of their mean prediction::

        sum_i s_it (y_it - sum_j w_tj f_ijt)² + m mean_i (sum_j (v_j - w_tj) f_ijt)²

    over the labels that are there, with their sample weights s. The second term is
    worth m = `sharing` labels: it pulls the predictions for tasks with few labels
    towards those of weights v that are the best for all tasks. Finally, the candidates
    that have a weight are fitted to all rows.

    Parameters
    ----------
    {_docs.describe_candidates("regressor")}
    {_stacking_docs.describe_final_estimator("regressor", "predictions")}
    {_docs.CV}
    {_stacking_docs.OPTIONS}
    {_docs.OPTIONS}
    {_stacking_docs.VERBOSE}

    Attributes
    ----------
    {_stacking_docs.ATTRIBUTES}
    candidate_losses_ : ndarray of shape (n_tasks, n_candidates)
        The mean squared error of each candidate, out of fold, divided by the variance
        of the labels.
    {_docs.ATTRIBUTES}

    See Also
    --------
    MultiTaskStackingClassifier : The same for classes.
    TaskwiseSelectionRegressor : The best candidate of each task instead.
    sklearn.ensemble.StackingRegressor : The same for one task.

    Notes
    -----
    {_stacking_docs.NOTES}

    The shared weights v minimise the squared error of all labels, each divided by the
    variance of the labels of its task, where those of a task with n labels count
    1 / (n + m) each. Both problems are convex [2]_, and solved exactly.

    References
    ----------
    .. [1] D. H. Wolpert, "Stacked Generalization", Neural Networks 5, 1992.
    .. [2] L. Breiman, "Stacked Regressions", Machine Learning 24, 1996.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.ensemble import MultiTaskStackingRegressor
    >>> from sklearn_mtl.linear_model import RegularizedMTLRegressor
    >>> X, Y = make_multitask_regression(300, n_tasks=3, random_state=0)
    >>> Y[:, 2] = X[:, 0] ** 2
    >>> estimators = [
    ...     ("linear", RegularizedMTLRegressor("trace", 0.01)),
    ...     ("trees", DecisionTreeRegressor(max_leaf_nodes=8, random_state=0)),
    ... ]
    >>> stack = MultiTaskStackingRegressor(estimators, random_state=0).fit(X, Y)
    >>> stack.weights_.round(1)
    array([[1. , 0. ],
           [1. , 0. ],
           [0.1, 0.9]])
    >>> stack.predict(X).shape
    (300, 3)
    """

    _kind = "regression"
