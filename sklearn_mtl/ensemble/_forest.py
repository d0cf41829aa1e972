"""Forests whose splits all tasks share."""

from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import numpy as np

from sklearn_mtl._class_weight import CLASS_WEIGHT_OPTIONS
from sklearn_mtl.ensemble import _forest_docs as _docs
from sklearn_mtl.ensemble._base import (
    ClassifierEnsembleMixin,
    LabelledRows,
    RegressorEnsembleMixin,
)
from sklearn_mtl.ensemble._forest_base import BaseMultiTaskForest


@dataclass(repr=False, eq=False)
class MultiTaskForestClassifier(ClassifierEnsembleMixin, BaseMultiTaskForest):
    __doc__ = rf"""Classify several columns of labels with trees that share splits.

    Of the splits that are tried, a node takes the one that leaves the least of

    .. math::
        \sum_t \lambda_t \sum_i w_{{it}} \Bigl(1 - \sum_c q_{{tc}}^2\Bigr),

    the Gini impurity of the tasks in the children, over the labels that are there:
    :math:`w_{{it}}` is the weight of a label, 0 if it is missing, and :math:`q_{{tc}}`
    the share of class c in the labels of a child. A node with the labels
    :math:`y_{{it}}` gives class c of task t the probability

    .. math::
        p_{{tc}} = \frac{{\sum_i w_{{it}} [y_{{it}} = c]
        + m\, p_{{tc}}^\text{{parent}}}}{{\sum_i w_{{it}} + m}}

    where m is the `shrinkage`. What the leaves say is averaged over the trees.

    Parameters
    ----------
    {_docs.TREES}
    max_features : {{"auto", "sqrt", "log2"}}, int, float or None, default="auto"
        {_docs.MAX_FEATURES}
    shrinkage : float, default=1.0
        {_docs.SHRINKAGE}
    {_docs.SAMPLES}
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
    MultiTaskForestRegressor : The same for quantities.
    sklearn.ensemble.ExtraTreesClassifier : The same for complete labels, without
        shrinkage.
    sklearn_mtl.multioutput.IndependentTasksClassifier : One model per task, the
        baseline.

    Notes
    -----
    {_docs.NOTES}

    References
    ----------
    {_docs.REFERENCES}

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.ensemble import MultiTaskForestClassifier
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> forest = MultiTaskForestClassifier(n_estimators=20, random_state=0)
    >>> forest.fit(X[:500], Y[:500]).predict(X[500:]).shape
    (1297, 3)
    >>> forest.score(X[500:], Y[500:]) > 0.9
    True
    """

    _: KW_ONLY
    max_features: Any = "auto"
    shrinkage: float = 1.0
    class_weight: Any = None

    _parameter_constraints = {
        **BaseMultiTaskForest._parameter_constraints,
        "class_weight": CLASS_WEIGHT_OPTIONS,
    }

    def _probabilities(self, X: Any) -> list[np.ndarray]:
        return self._columns.find_probabilities(self._add_trees(X), len(self._trees))

    def _encode(self, total: np.ndarray, n_trees: np.ndarray) -> np.ndarray:
        probabilities = self._columns.find_probabilities(total, n_trees)
        return np.column_stack([p.argmax(axis=1) for p in probabilities])


@dataclass(repr=False, eq=False)
class MultiTaskForestRegressor(RegressorEnsembleMixin, BaseMultiTaskForest):
    __doc__ = rf"""Predict several columns of quantities with trees that share splits.

    Of the splits that are tried, a node takes the one that leaves the least of

    .. math::
        \sum_t \lambda_t \sum_i w_{{it}} (z_{{it}} - v_t)^2

    over the labels that are there: :math:`z_{{it}}` is a target in units of the
    standard deviation of its task, and :math:`w_{{it}}` its weight, 0 if it is missing.
    A node predicts of task t

    .. math::
        v_t = \frac{{\sum_i w_{{it}} z_{{it}} + m\, v_t^\text{{parent}}}}
        {{\sum_i w_{{it}} + m}}

    where m is the `shrinkage`. What the leaves say is averaged over the trees.

    Parameters
    ----------
    {_docs.TREES}
    max_features : {{"auto", "sqrt", "log2"}}, int, float or None, default=1.0
        {_docs.MAX_FEATURES}
    shrinkage : float, default=0.0
        {_docs.SHRINKAGE}
    {_docs.SAMPLES}

    Attributes
    ----------
    {_docs.ATTRIBUTES}

    See Also
    --------
    MultiTaskForestClassifier : The same for classes.
    sklearn.ensemble.ExtraTreesRegressor : The same for complete targets on one scale.
    sklearn_mtl.multioutput.IndependentTasksRegressor : One model per task, the
        baseline.

    Notes
    -----
    {_docs.NOTES}

    References
    ----------
    {_docs.REFERENCES}

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.ensemble import MultiTaskForestRegressor
    >>> X, Y = make_multitask_regression(300, n_tasks=3, random_state=0)
    >>> forest = MultiTaskForestRegressor(n_estimators=20, random_state=0)
    >>> forest.fit(X[:200], Y[:200]).predict(X[200:]).shape
    (100, 3)
    >>> forest.task_feature_importances_.shape
    (3, 20)
    """

    _: KW_ONLY
    max_features: Any = 1.0
    shrinkage: float = 0.0

    def _quantities(self, X: Any) -> np.ndarray:
        return self._add_trees(X) / len(self._trees) * self._scale + self._center

    def _encode(self, total: np.ndarray, n_trees: np.ndarray) -> np.ndarray:
        return total / n_trees

    def _read(self, X: Any, y: Any, sample_weight: Any) -> LabelledRows:
        """Return what `fit` was given, in units of the standard deviation of a task."""
        rows = super()._read(X, y, sample_weight)
        self._center, self._scale = _find_scale(rows.encoded, rows.weights)
        return replace(rows, encoded=(rows.encoded - self._center) / self._scale)


def _find_scale(
    quantities: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return a label near the mean, and the standard deviation, of each task.

    Where there is one task the scale does not matter: a power of two, which like a
    label near the mean keeps whole numbers exact.
    """
    shares = weights / weights.sum(axis=0)
    mean = np.nansum(shares * quantities, axis=0)
    nearest = np.nanargmin(np.abs(quantities - mean), axis=0)
    center = quantities[nearest, np.arange(len(mean))]
    largest = np.nanmax(np.abs(quantities - mean), axis=0)
    # The squares of huge or tiny numbers overflow, or vanish.
    largest[largest == 0] = 1.0
    squares = np.nansum(shares * ((quantities - mean) / largest) ** 2, axis=0)
    scale = largest * np.sqrt(squares)
    # The spread of a constant is rounding noise.
    scale[scale <= 1e-12 * np.abs(mean)] = 1.0
    return center, scale if len(scale) > 1 else 2.0 ** np.round(np.log2(scale))
