"""Penalties on the parts of W, which is cut in the cheapest way."""

from abc import abstractmethod
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl.linear_model.penalties._base import Penalty


class SumPenalty(Penalty):
    """Ω(W) = min Ω₁(P) + weight · Ω₂(Q) over P + Q = W, for two norms.

    A subclass has `_parts`, which returns the two, and `_window`: below its lower end
    all of W is in Q, above its upper end all is in P.
    """

    is_norm = True
    n_components = 2
    _parameter_constraints: dict[str, Any] = {
        "weight": [Interval(Real, 0, None, closed="neither"), None]
    }

    def __init__(self, weight: float | None = None) -> None:
        self.weight = weight

    def _search_grid(
        self, n_features: int, n_tasks: int, scale: float
    ) -> dict[str, list[Any]]:
        low, high = self._window(n_features, n_tasks)
        if low >= high:
            return {}
        # Its ends are one part alone.
        return {"weight": np.geomspace(low, high, 5)[1:-1].tolist()}

    @property
    def allows_positive(self) -> bool:  # type: ignore[override]
        """Whether the coefficients can be kept above 0, as they can for both norms."""
        return all(part.allows_positive for part in self._parts())

    def window(self, n_features: int, n_tasks: int) -> tuple[float, float]:
        """Return the weights between which both parts of W can be in use.

        Parameters
        ----------
        n_features : int
            The number of features.
        n_tasks : int
            The number of tasks.

        Returns
        -------
        tuple of float
            The two ends. The default weight is their geometric mean.
        """
        return self._window(n_features, n_tasks)

    @abstractmethod
    def _parts(self) -> tuple[Penalty, Penalty]:
        """Return the two penalties."""

    @abstractmethod
    def _window(self, n_features: int, n_tasks: int) -> tuple[float, float]:
        """Return the weights between which both parts can be in use."""

    def _weights(self, shape: tuple[int, ...]) -> tuple[float, float]:
        if self.weight is None:
            return 1.0, float(np.prod(self._window(*shape)) ** 0.5)
        return 1.0, self.weight

    def _value(self, W: np.ndarray) -> float:
        weighted = zip(self._parts(), self._weights(W.shape[1:]), W, strict=True)
        return sum(weight * part.value(of_part) for part, weight, of_part in weighted)

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        weighted = zip(self._parts(), self._weights(W.shape[1:]), W, strict=True)
        return np.stack(
            [part.prox(of_part, step * weight) for part, weight, of_part in weighted]
        )

    def _dual_norm(self, G: np.ndarray) -> float:
        weighted = zip(self._parts(), self._weights(G.shape), strict=True)
        return max(part.dual_norm(G) / weight for part, weight in weighted)
