"""The regularised regression whose penalty is chosen by cross-validation."""

import numpy as np

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.linear_model import _docs
from sklearn_mtl.linear_model._base_cv import BaseRegularizedMTLCV
from sklearn_mtl.linear_model._regressor import RegularizedMTLRegressor


class RegularizedMTLRegressorCV(BaseRegularizedMTLCV, RegularizedMTLRegressor):
    __doc__ = rf"""Linear regression of several targets that chooses its penalty.

    It is :class:`RegularizedMTLRegressor` with the `alpha` of the least squared error
    on held-out rows, by cross-validation along a path of solutions. With "l21",
    complete targets and the same folds it is
    :class:`~sklearn.linear_model.MultiTaskLassoCV`.

    Parameters
    ----------
    {_docs.CV_PARAMETERS}

    Attributes
    ----------
    {_docs.CV_ATTRIBUTES}
    coef_ : ndarray of shape (n_tasks, n_features) or (n_features,)
        The coefficients, fitted to all data; 1-D if `y` was.
    intercept_ : ndarray of shape (n_tasks,) or float
        The intercepts; a float if `y` was 1-D.
    components_ : list of ndarray
        The matrices that `coef_` is the sum of, for a penalty that is a sum.
    {_docs.ATTRIBUTES}

    See Also
    --------
    RegularizedMTLRegressor : With a given weight.
    RegularizedMTLClassifierCV : The same for classes.
    sklearn_mtl.model_selection.MultiTaskKFold : The folds.

    Notes
    -----
    {_docs.NOTES}

    {_docs.CV_NOTES}

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.linear_model import RegularizedMTLRegressorCV
    >>> X, Y = make_multitask_regression(n_tasks=4, n_informative=5, random_state=0)
    >>> Y[::2, 1] = np.nan  # half the targets of the second task are missing
    >>> reg = RegularizedMTLRegressorCV("dirty", alphas=20, random_state=0).fit(X, Y)
    >>> reg.best_params_
    {{'alpha': 0.02, 'weight': 0.71}}
    >>> reg.penalty_
    DirtyPenalty(weight=0.71)
    """

    def _losses(
        self, scores: np.ndarray, targets: np.ndarray, tasks: Tasks
    ) -> np.ndarray:
        return (targets - scores) ** 2
