"""A network that predicts several quantities at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, _fit_context

from sklearn_mtl._scoring import TaskScoringMixin
from sklearn_mtl._tasks import Kind, Targets
from sklearn_mtl.neural_network import _docs
from sklearn_mtl.neural_network._base import BaseMultiTaskNet
from sklearn_mtl.neural_network._noise import estimate_noise
from sklearn_mtl.neural_network._training_run import TrainingRun


@dataclass(repr=False, eq=False)
class MultiTaskNetRegressor(TaskScoringMixin, RegressorMixin, BaseMultiTaskNet):
    __doc__ = f"""Predict several columns of quantities with one shared network.

    A trunk that all tasks share is trained with one head per task on::

        L = sum_t λ_t L_t / sum_t λ_t
        L_t = sum_i w_it (z_it - f_t(x_i))² / sum_i w_it

    where z_it is target t of row i in units of its standard deviation, w_it its weight
    (0 if it is missing) and λ_t the weight of the task. Predictions are in the units of
    y. Targets may be missing anywhere.

    Parameters
    ----------
    {_docs.PARAMETERS}

    Attributes
    ----------
    noise_ : ndarray of shape (n_tasks,)
        The standard deviation of each target around its predictions, in the units of
        y, but for what the members differ by: estimated on the rows that early stopping
        set aside, or else on the training rows, where it is too low.
    {_docs.ATTRIBUTES}

    See Also
    --------
    MultiTaskNetClassifier : The same for columns of classes.
    MultiTaskNet : The same for columns of both kinds.
    sklearn_mtl.multioutput.IndependentTasksRegressor : One model per task, the
        baseline.

    References
    ----------
    Caruana, R. (1997). Multitask learning. Machine Learning, 28, 41-75.

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.neural_network import MultiTaskNetRegressor
    >>> X, Y = make_multitask_regression(
    ...     400, n_tasks=3, missing_fraction=0.2, random_state=0
    ... )
    >>> net = MultiTaskNetRegressor((32,), random_state=0).fit(X[:300], Y[:300])
    >>> net.predict(X[300:]).shape
    (100, 3)
    >>> net.score(X[300:], Y[300:]) > 0.8
    True
    """

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None
    ) -> "MultiTaskNetRegressor":
        """Train for one epoch on more data.

        Parameters
        ----------
        X : {array-like, sparse matrix, Inputs} of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Targets, on the scale of the first call. From the second call on a task may
            have none.
        sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
            Weights of rows or of labels.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predict the targets of all tasks.

        Parameters
        ----------
        X : {array-like, sparse matrix, Inputs} of shape (n_samples, n_features)
            Inputs.
        return_std : bool, default=False
            Whether to return the uncertainty of the predictions, too.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_tasks)
            Quantities in the units of the training targets: the mean of the members.
        std : ndarray of the same shape
            The square root of the variance of the members plus that of the noise. Only
            if `return_std` is True.
        """
        predicted = super().predict(X)
        if not return_std:
            return predicted
        deviations = self._deviations(X)
        if self._tasks.one_dimensional:
            return predicted, deviations[:, 0]
        return predicted, deviations

    def _deviations(self, X: Any) -> np.ndarray:
        """Return the standard deviations, those of transferred tasks last."""
        by_member = self._outputs(X, self.module_.outputs_by_member).double().numpy()
        positions = self.net_.criterion_.layout.positions
        spread = by_member.std(axis=1)[:, positions] * self._scale.scale
        own = np.hypot(spread, self.noise_)
        new = self._ask_transferred(X, MultiTaskNetRegressor._deviations)
        return np.hstack([own, *new])

    def _fitted_attributes(self, run: TrainingRun) -> dict[str, Any]:
        attributes = super()._fitted_attributes(run)
        return attributes | {"noise_": estimate_noise(run)}

    def _kinds(self, targets: Targets) -> Kind:
        return "regression"
