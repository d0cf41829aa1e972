"""Boosted trees that predict several quantities at once."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklearn_mtl.ensemble import _boosting_docs as _docs
from sklearn_mtl.ensemble._base import LabelledRows, RegressorEnsembleMixin
from sklearn_mtl.ensemble._boosting_base import BaseMultiTaskBoosting
from sklearn_mtl.ensemble._forest import _find_scale


@dataclass(repr=False, eq=False)
class MultiTaskBoostingRegressor(RegressorEnsembleMixin, BaseMultiTaskBoosting):
    __doc__ = rf"""Predict several columns of quantities with boosted trees they share.

    Trees with a vector of values in each leaf, one for every task, are added up to
    lower

    .. math::
        \frac{{1}}{{\sum_t \lambda_t}} \sum_t \lambda_t
        \frac{{\sum_i w_{{it}} (z_{{it}} - f_t(x_i))^2}}{{\sum_i w_{{it}}}}

    where :math:`z_{{it}}` is target t of row i in units of its standard deviation, and
    :math:`w_{{it}}` its weight, 0 if it is missing. The splits serve all tasks, as
    these weigh. In a leaf, each task takes the sum of its weighted residuals over the
    sum of the weights and :math:`\lambda`. Each task starts from its mean.

    Parameters
    ----------
    {_docs.PARAMETERS}

    Attributes
    ----------
    {_docs.ATTRIBUTES}

    See Also
    --------
    MultiTaskBoostingClassifier : The same for classes.
    MultiTaskForestRegressor : Trees that share splits, but are not boosted.
    sklearn_mtl.multioutput.IndependentTasksRegressor : One model per task, the
        baseline.

    Notes
    -----
    It needs XGBoost: ``pip install "sklearn-mtl[xgboost]"``.

    {_docs.NOTES}

    References
    ----------
    {_docs.REFERENCES}

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.ensemble import MultiTaskBoostingRegressor
    >>> X, Y = make_multitask_regression(300, n_tasks=3, random_state=0)
    >>> boosting = MultiTaskBoostingRegressor(50, random_state=0)
    >>> boosting.fit(X[:200], Y[:200]).predict(X[200:]).shape
    (100, 3)
    >>> boosting.task_feature_importances_.shape
    (3, 20)
    """

    def _quantities(self, X: Any) -> np.ndarray:
        return self._means(X) * self._scale + self._center

    def _read(self, X: Any, y: Any, sample_weight: Any) -> LabelledRows:
        """Return what `fit` was given, in units of the standard deviation of a task."""
        rows = super()._read(X, y, sample_weight)
        self._center, self._scale = _find_scale(rows.encoded, rows.weights)
        return replace(rows, encoded=(rows.encoded - self._center) / self._scale)
