"""A logistic regression for several labels with a penalty on all their coefficients."""

import warnings
from typing import Any

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags

from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl._tasks import Tasks
from sklearn_mtl.linear_model import _docs
from sklearn_mtl.linear_model._base import BaseRegularizedMTL
from sklearn_mtl.linear_model._layout import split_by_task
from sklearn_mtl.linear_model.losses._base import Loss
from sklearn_mtl.linear_model.losses._logistic import LogisticLoss
from sklearn_mtl.linear_model.losses._multinomial import MultinomialLoss


class RegularizedMTLClassifier(TaskScoringMixin, ClassifierMixin, BaseRegularizedMTL):
    __doc__ = rf"""Logistic regression of several labels, learnt together by a penalty.

    The coefficients W and intercepts minimise

    .. math::
        \sum_t \frac{{1}}{{\sum_i a_{{it}}}} \sum_i a_{{it}}
        \bigl(-\log p_t(y_{{it}} \mid x_i)\bigr) + \alpha\, \Omega(W)

    where :math:`a_{{it}}` is the weight of a label, 0 if it is missing, and the penalty
    Ω says in what the tasks are alike. A task of two classes has one column of W, a
    task of more has one per class. Tasks may have different classes, unless the penalty
    compares them class by class ("mean", "graph").

    Parameters
    ----------
    {_docs.PARAMETERS}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), or list of such arrays
        The classes of each task; an array for a 1-D `y`.
    coef_ : ndarray of shape (n_tasks, n_features), or list of arrays
        The coefficients. If a task has more than two classes, a list with an array of
        each task, (n_classes, n_features) or, for two, (1, n_features); if `y` was 1-D
        such an array.
    intercept_ : ndarray of shape (n_tasks,), or list of arrays
        The intercepts, laid out as `coef_`.
    components_ : list
        The coefficients that `coef_` is the sum of, for a penalty that is a sum.
    {_docs.ATTRIBUTES}

    See Also
    --------
    RegularizedMTLRegressor : The same for quantities.
    sklearn_mtl.multioutput.IndependentTasksClassifier : One model per task, the
        baseline.

    Notes
    -----
    {_docs.NOTES}

    References
    ----------
    Liu, J., Ji, S. and Ye, J. (2009). Multi-task feature learning via efficient
    l2,1-norm minimization. UAI.

    Beck, A. and Teboulle, M. (2009). A fast iterative shrinkage-thresholding algorithm
    for linear inverse problems. SIAM Journal on Imaging Sciences, 2, 183-202.

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_classification
    >>> from sklearn_mtl.linear_model import RegularizedMTLClassifier
    >>> X, Y = make_multitask_classification(n_tasks=3, random_state=0)
    >>> clf = RegularizedMTLClassifier("trace", alpha=0.02).fit(X, Y)
    >>> clf.predict(X).shape
    (100, 3)
    >>> clf.score(X, Y) > 0.8
    True
    """

    _kind = "classification"

    @property
    def classes_(self) -> Any:
        """The classes of each task."""
        classes = list(self._tasks.classes)
        return classes[0] if self._tasks.one_dimensional else classes

    def predict(self, X: Any) -> np.ndarray:
        """Predict the labels of all tasks.

        Parameters
        ----------
        X : {{array-like, sparse matrix, data frame}} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_tasks)
            Predicted labels. The dtype is numeric when the labels of all tasks are,
            else object.
        """
        probabilities = self._probabilities(X)
        codes = np.column_stack([p.argmax(axis=1) for p in probabilities])
        return self._tasks.decode(codes)

    def predict_proba(self, X: Any) -> np.ndarray | list[np.ndarray]:
        """Predict the probabilities of the classes of all tasks.

        Parameters
        ----------
        X : {{array-like, sparse matrix, data frame}} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or list of such arrays
            One array per task, in the order of its `classes_`; an array if `y` was 1-D.
        """
        probabilities = self._probabilities(X)
        return probabilities[0] if self._tasks.one_dimensional else probabilities

    def _probabilities(self, X: Any) -> list[np.ndarray]:
        scores = split_by_task(self._predict_scores(X).T, self._tasks)
        return [
            _to_probabilities(of_task.T, 0 if known is None else len(known))
            for of_task, known in zip(scores, self._tasks.classes, strict=True)
        ]

    def _make_loss(self, n_columns: int) -> Loss:
        return LogisticLoss() if n_columns == 1 else MultinomialLoss(n_columns)

    def _has_loss(self, tasks: Tasks) -> np.ndarray:
        several = np.ones(tasks.n_tasks, dtype=bool)
        for t, classes in enumerate(tasks.classes):
            if classes is not None and len(classes) == 1:
                several[t] = False
                warnings.warn(
                    f"The task {tasks.names[t]!r} given to {type(self).__name__} has "
                    f"one class only, {classes.tolist()[0]!r}, and will be predicted "
                    "as such always.",
                    stacklevel=5,
                )
        return several

    def _arrange(self, rows: np.ndarray, tasks: Tasks) -> Any:
        if tasks.one_dimensional or len(rows) == tasks.n_tasks:
            return rows
        return split_by_task(rows, tasks)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _to_probabilities(scores: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the probabilities of the classes for scores (n_samples, n_columns)."""
    if n_classes == 1:
        return np.ones((len(scores), 1))
    if n_classes == 2:
        return np.hstack([expit(-scores), expit(scores)])
    return softmax(scores, axis=1)
