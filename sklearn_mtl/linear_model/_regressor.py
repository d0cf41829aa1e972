"""A regression for several targets with a penalty on all their coefficients."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl._tasks import Tasks
from sklearn_mtl.linear_model import _docs
from sklearn_mtl.linear_model._base import BaseRegularizedMTL
from sklearn_mtl.linear_model.losses._base import Loss
from sklearn_mtl.linear_model.losses._squared import SquaredLoss


class RegularizedMTLRegressor(TaskScoringMixin, RegressorMixin, BaseRegularizedMTL):
    __doc__ = rf"""Linear regression of several targets, learnt together by a penalty.

    The coefficients W, a column :math:`w_t` per task, and intercepts minimise

    .. math::
        \sum_t \frac{{1}}{{\sum_i a_{{it}}}} \sum_i \tfrac12 a_{{it}}
        (y_{{it}} - x_i^\top w_t - b_t)^2 + \alpha\, \Omega(W)

    where :math:`a_{{it}}` is the weight of a label, 0 if it is missing, and the penalty
    Ω says in what the tasks are alike. With "l21" and complete targets it is
    :class:`~sklearn.linear_model.MultiTaskLasso`.

    Parameters
    ----------
    {_docs.PARAMETERS}

    Attributes
    ----------
    coef_ : ndarray of shape (n_tasks, n_features) or (n_features,)
        The coefficients; 1-D if `y` was.
    intercept_ : ndarray of shape (n_tasks,) or float
        The intercepts; a float if `y` was 1-D.
    components_ : list of ndarray
        The matrices that `coef_` is the sum of, for a penalty that is a sum.
    {_docs.ATTRIBUTES}

    See Also
    --------
    RegularizedMTLClassifier : The same for classes.
    sklearn_mtl.multioutput.IndependentTasksRegressor : One model per task, the
        baseline.
    sklearn_mtl.datasets.targets_from_long : Targets for rows of one task each.

    Notes
    -----
    {_docs.NOTES}

    References
    ----------
    Evgeniou, T. and Pontil, M. (2004). Regularized multi-task learning. KDD.

    Beck, A. and Teboulle, M. (2009). A fast iterative shrinkage-thresholding algorithm
    for linear inverse problems. SIAM Journal on Imaging Sciences, 2, 183-202.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.linear_model import RegularizedMTLRegressor
    >>> X, Y = make_multitask_regression(n_tasks=4, n_informative=5, random_state=0)
    >>> Y[::2, 1] = np.nan  # half the targets of the second task are missing
    >>> reg = RegularizedMTLRegressor("l21", alpha=0.1).fit(X, Y)
    >>> reg.predict(X).shape
    (100, 4)
    >>> int((reg.coef_ != 0).any(axis=0).sum())  # features chosen for all tasks
    5
    """

    _kind = "regression"

    def predict(self, X: Any) -> np.ndarray:
        """Predict the targets of all tasks.

        Parameters
        ----------
        X : {{array-like, sparse matrix, data frame}} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_tasks)
            The predicted targets; 1-D if `y` was.
        """
        predicted = self._predict_scores(X)
        return predicted[:, 0] if self._tasks.one_dimensional else predicted

    def _make_loss(self, n_columns: int) -> Loss:
        return SquaredLoss()

    def _arrange(self, rows: np.ndarray, tasks: Tasks) -> Any:
        return rows[0] if tasks.one_dimensional else rows
