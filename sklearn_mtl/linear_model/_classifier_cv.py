"""The regularised logistic regression whose penalty is chosen by cross-validation."""

import numpy as np
from scipy.special import logsumexp

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.linear_model import _docs
from sklearn_mtl.linear_model._base_cv import BaseRegularizedMTLCV
from sklearn_mtl.linear_model._classifier import RegularizedMTLClassifier
from sklearn_mtl.linear_model._layout import split_by_task


class RegularizedMTLClassifierCV(BaseRegularizedMTLCV, RegularizedMTLClassifier):
    __doc__ = rf"""Logistic regression of several labels that chooses its penalty.

    It is :class:`RegularizedMTLClassifier` with the `alpha` of the least log-loss on
    held-out rows, by cross-validation along a path of solutions.

    Parameters
    ----------
    {_docs.CV_PARAMETERS}

    Attributes
    ----------
    {_docs.CV_ATTRIBUTES}
    classes_ : ndarray of shape (n_classes,), or list of such arrays
        The classes of each task; an array for a 1-D `y`.
    coef_ : ndarray of shape (n_tasks, n_features), or list of arrays
        The coefficients, fitted to all data. If a task has more than two classes, a
        list with an array of each task, (n_classes, n_features) or, for two,
        (1, n_features); if `y` was 1-D such an array.
    intercept_ : ndarray of shape (n_tasks,), or list of arrays
        The intercepts, laid out as `coef_`.
    components_ : list
        The coefficients that `coef_` is the sum of, for a penalty that is a sum.
    {_docs.ATTRIBUTES}

    See Also
    --------
    RegularizedMTLClassifier : With a given weight.
    RegularizedMTLRegressorCV : The same for quantities.
    sklearn_mtl.model_selection.MultiTaskKFold : The folds.

    Notes
    -----
    {_docs.NOTES}

    {_docs.CV_NOTES}

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_classification
    >>> from sklearn_mtl.linear_model import RegularizedMTLClassifierCV
    >>> X, Y = make_multitask_classification(n_tasks=3, random_state=0)
    >>> clf = RegularizedMTLClassifierCV("trace", alphas=10, cv=3, random_state=0)
    >>> clf.fit(X, Y).alpha_
    0.018
    >>> clf.score(X, Y) > 0.8
    True
    """

    def _losses(
        self, scores: np.ndarray, targets: np.ndarray, tasks: Tasks
    ) -> np.ndarray:
        losses = np.empty(targets.shape)
        rows = np.arange(len(targets))
        for t, of_task in enumerate(split_by_task(scores.T, tasks)):
            codes = targets[:, t]
            if len(of_task) == 1:
                losses[:, t] = np.logaddexp(0, of_task[0]) - codes * of_task[0]
            else:
                chosen = of_task[codes.astype(np.intp), rows]
                losses[:, t] = logsumexp(of_task, axis=0) - chosen
        return losses
