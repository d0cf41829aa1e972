"""Boosted trees that classify several columns at once."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from sklearn_mtl._class_weight import CLASS_WEIGHT_OPTIONS
from sklearn_mtl.ensemble import _boosting_docs as _docs
from sklearn_mtl.ensemble._base import ClassifierEnsembleMixin
from sklearn_mtl.ensemble._boosting_base import BaseMultiTaskBoosting


@dataclass(repr=False, eq=False)
class MultiTaskBoostingClassifier(ClassifierEnsembleMixin, BaseMultiTaskBoosting):
    __doc__ = rf"""Classify several columns of labels with boosted trees they share.

    Trees with a vector of values in each leaf, one for every output of every task, are
    added up to lower

    .. math::
        \frac{{1}}{{\sum_t \lambda_t}} \sum_t \lambda_t
        \frac{{\sum_i w_{{it}} \ell_{{it}}}}{{\sum_i w_{{it}}}}

    where :math:`\ell_{{it}}` is the log-loss of label t of row i, from a logit for two
    classes and a softmax for more, and :math:`w_{{it}}` its weight, 0 if it is missing.
    The splits serve all tasks, as these weigh. In a leaf, each output takes the value
    :math:`-G / (H + \lambda)` for the sums G and H of the first and second derivatives
    of its own task's labels. Each task starts from its best constant prediction.

    Parameters
    ----------
    {_docs.PARAMETERS}
    class_weight : "balanced", dict, list or None, default=None
        Weights of the classes. "balanced" weighs them in each task inversely to their
        frequency. A dict maps classes to weights if y is 1-D, else names of tasks to
        "balanced" or such a dict; a list has one of these, or None, per task.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), or list of such arrays
        The classes of each task; an array for a 1-D `y`.
    {_docs.ATTRIBUTES}

    See Also
    --------
    MultiTaskBoostingRegressor : The same for quantities.
    MultiTaskForestClassifier : Trees that share splits, but are not boosted.
    sklearn_mtl.multioutput.IndependentTasksClassifier : One model per task, the
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
    >>> import numpy as np
    >>> from sklearn_mtl.datasets import make_multitask_classification
    >>> from sklearn_mtl.ensemble import MultiTaskBoostingClassifier
    >>> X, Y = make_multitask_classification(
    ...     400, n_tasks=3, missing_fraction=0.2, random_state=0
    ... )
    >>> boosting = MultiTaskBoostingClassifier(50, random_state=0)
    >>> boosting.fit(X[:300], Y[:300]).predict(X[300:]).shape
    (100, 3)
    >>> boosting.score(X[300:], Y[300:]) > 0.8
    True
    """

    _: KW_ONLY
    class_weight: Any = None

    _parameter_constraints = {
        **BaseMultiTaskBoosting._parameter_constraints,
        "class_weight": CLASS_WEIGHT_OPTIONS,
    }

    def _probabilities(self, X: Any) -> list[np.ndarray]:
        return self._trees.outputs.split_probabilities(self._means(X))
