"""What all penalties have in common."""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator


class Penalty(BaseEstimator):
    """A penalty Ω on the coefficients W (n_features, n_tasks).

    A subclass has `_value` and `_prox`. If it is a norm, its dual norm follows from
    them, or is `_dual_norm` where there is a faster way; else it has `_conjugate`,
    without which no duality gap can be computed.
    """

    is_norm: ClassVar[bool] = False
    is_convex: ClassVar[bool] = True
    # Whether a column is a task by its place, so that all must have the same classes.
    relates_tasks: ClassVar[bool] = False
    # Whether Ω depends on |W| only and grows with it: W ≥ 0 then needs no other prox.
    allows_positive: ClassVar[bool] = False
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

    @abstractmethod
    def _value(self, W: np.ndarray) -> Any:
        """Return Ω(W)."""

    @abstractmethod
    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        """Return the minimiser of ½‖V - W‖² + step · Ω(V)."""

    def _dual_norm(self, G: np.ndarray) -> Any:
        # Dinkelbach's method for the largest ratio, from below: the prox with the best
        # ratio so far is better, or 0.
        W, best = G, 0.0
        while W.any():
            ratio = float(np.vdot(G, W)) / self._value(W)
            if ratio <= best:
                break
            best = ratio
            W = self._prox(G, best)
        return best

    def _conjugate(self, G: np.ndarray) -> Any:
        return np.inf

    def _alpha_max(self, G: np.ndarray) -> Any:
        return self._dual_norm(G) if self.is_norm else np.inf

    def _find_dual_scale(self, G: np.ndarray) -> tuple[float, float]:
        """Return an s in [0, 1] at which the conjugate of s G is finite, and its value.

        The nearer s is to 1, the better is the bound that it makes.
        """
        if self.is_norm:
            return 1 / max(self._dual_norm(G), 1.0), 0.0
        return 1.0, float(self._conjugate(G))

    def _row_weights(self) -> tuple[float, float, float] | None:
        """Return a, b, c if Ω(W) is Σ_j a ‖W_j‖₁ + b ‖W_j‖₂ + c/2 ‖W_j‖² over rows."""
        return None

    def _search_grid(
        self, n_features: int, n_tasks: int, scale: float
    ) -> dict[str, list[Any]]:
        """Return the parameters that a search tries by default.

        A norm and a squared term times `scale` weigh about the same along a path.
        """
        return {}

    def _find_task_covariance(self, W: np.ndarray) -> np.ndarray | None:
        """Return the covariance of the tasks, for a penalty that learns one."""
        return None

    def _check(self, n_features: int, n_tasks: int) -> None:
        """Raise if a parameter is bad, or does not fit the size of the problem."""
        self._validate_params()
