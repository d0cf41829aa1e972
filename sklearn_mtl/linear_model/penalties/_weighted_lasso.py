import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._thresholding import shrink_entries


class WeightedLassoPenalty(Penalty):
    """A lasso with a weight per feature: Ω(W) = Σ_j weights_j ‖W_j‖₁.

    A weight of 0 leaves the coefficients of a feature free, an infinite one makes them
    0.
    """

    allows_positive = True

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights

    def _value(self, W: np.ndarray) -> float:
        sizes = np.abs(W).sum(axis=1)
        used = sizes > 0
        return self.weights[used] @ sizes[used]

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        return shrink_entries(W, step * self.weights[:, np.newaxis])

    def _find_dual_scale(self, G: np.ndarray) -> tuple[float, float]:
        slopes = np.abs(G).max(axis=1)
        steep = slopes > self.weights
        if (self.weights[steep] == 0).any():
            return 1.0, np.inf
        return np.min(self.weights[steep] / slopes[steep], initial=1.0), 0.0
