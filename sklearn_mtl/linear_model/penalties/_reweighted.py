"""Penalties that are minimised by a series of weighted lassos."""

from abc import abstractmethod

import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._weighted_lasso import WeightedLassoPenalty


class ReweightedPenalty(Penalty):
    """A penalty Σ_j f(‖W_j‖₁) with a concave f: it is not convex.

    The tangents of f make a weighted lasso, which is nowhere below it. A subclass has
    `_of_sizes`, which is f, and `_slopes`, its derivative, infinite where f is steep.
    """

    is_convex = False
    allows_positive = True

    def _majorise(self, W: np.ndarray) -> WeightedLassoPenalty:
        """Return the lasso that touches the penalty at W, but for a constant."""
        return WeightedLassoPenalty(self._slopes(np.abs(W).sum(axis=1)))

    def _start(self, n_features: int, size: float) -> WeightedLassoPenalty:
        """Return the lasso to start with, which treats all features alike.

        `size` says how large ‖W_j‖₁ may become for the strongest feature.
        """
        return WeightedLassoPenalty(np.full(n_features, self._first_slope(size)))

    @abstractmethod
    def _of_sizes(self, sizes: np.ndarray) -> np.ndarray:
        """Return the penalty of rows by their sizes."""

    @abstractmethod
    def _slopes(self, sizes: np.ndarray) -> np.ndarray:
        """Return the derivatives of the penalty by the sizes of the rows."""

    @abstractmethod
    def _first_slope(self, size: float) -> float:
        """Return the weight that the first of the series has."""

    def _value(self, W: np.ndarray) -> float:
        return self._of_sizes(np.abs(W).sum(axis=1)).sum()

    def _conjugate(self, G: np.ndarray) -> float:
        # It grows slower than any line.
        return np.inf if G.any() else 0.0
