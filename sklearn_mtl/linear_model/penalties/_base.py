"""What all penalties have in common."""

from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator


class Penalty(BaseEstimator):
    """A convex penalty Ω on the coefficients W (n_features, n_tasks).

    A subclass has `_value` and `_prox`, and what it knows of its dual: `_dual_norm` if
    it is a norm, else `_conjugate`. Without either no duality gap can be computed.
    """

    is_norm: ClassVar[bool] = False
    # Whether a column is a task by its place, so that all must have the same classes.
    relates_tasks: ClassVar[bool] = False
    # How many matrices W is the sum of; with several, W comes as the stack of them.
    n_components: ClassVar[int] = 1

    _parameter_constraints: dict[str, Any] = {}

    def value(self, W: Any) -> float:
        """Return Ω(W).

        Parameters
        ----------
        W : array-like of shape (n_features, n_tasks)
            Coefficients; for a sum of penalties the stack of its components,
            (n_components, n_features, n_tasks).

        Returns
        -------
        float
            The value, at least 0.
        """
        return float(self._value(np.asarray(W, dtype=np.float64)))

    def prox(self, W: Any, step: float) -> np.ndarray:
        """Return the V that minimises ½‖V - W‖² + step · Ω(V).

        Parameters
        ----------
        W : array-like of shape (n_features, n_tasks)
            Coefficients; for a sum of penalties the stack of its components,
            (n_components, n_features, n_tasks).
        step : float
            How much the penalty weighs, at least 0.

        Returns
        -------
        ndarray
            The minimiser, of the shape of `W`.
        """
        return self._prox(np.asarray(W, dtype=np.float64), step)

    def dual_norm(self, G: Any) -> float:
        """Return the largest ⟨G, W⟩ over the W with Ω(W) at most 1.

        Parameters
        ----------
        G : array-like of shape (n_features, n_tasks)
            A direction, such as the gradient of the loss.

        Returns
        -------
        float
            The dual norm; NaN if the penalty is not a norm.
        """
        if not self.is_norm:
            return np.nan
        return float(self._dual_norm(np.asarray(G, dtype=np.float64)))

    def conjugate(self, G: Any) -> float:
        """Return the largest ⟨G, W⟩ - Ω(W) over all W.

        Parameters
        ----------
        G : array-like of shape (n_features, n_tasks)
            A direction, such as the gradient of the loss.

        Returns
        -------
        float
            The conjugate, which may be infinite; infinite also where it is not known.
        """
        G = np.asarray(G, dtype=np.float64)
        if self.is_norm:
            return 0.0 if self._dual_norm(G) <= 1 else np.inf
        return float(self._conjugate(G))

    def alpha_max(self, G: Any) -> float:
        """Return the smallest weight of the penalty that makes all coefficients 0.

        Parameters
        ----------
        G : array-like of shape (n_features, n_tasks)
            The gradient of the loss where all coefficients are 0.

        Returns
        -------
        float
            The weight; infinite if there is none, NaN if it is not known.
        """
        G = np.asarray(G, dtype=np.float64)
        return float(self._alpha_max(G)) if G.any() else 0.0

    def _value(self, W: np.ndarray) -> Any:
        raise NotImplementedError

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        raise NotImplementedError

    def _dual_norm(self, G: np.ndarray) -> Any:
        raise NotImplementedError

    def _conjugate(self, G: np.ndarray) -> Any:
        return np.inf

    def _alpha_max(self, G: np.ndarray) -> Any:
        return self._dual_norm(G) if self.is_norm else np.inf

    def _find_task_covariance(self, W: np.ndarray) -> np.ndarray | None:
        """Return the covariance of the tasks, for a penalty that learns one."""
        return None

    def _check(self, n_features: int, n_tasks: int) -> None:
        """Raise if a parameter is bad, or does not fit the size of the problem."""
        self._validate_params()
