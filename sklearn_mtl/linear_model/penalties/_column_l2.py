import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._thresholding import shrink_rows


class ColumnL2Penalty(Penalty):
    """Few tasks with coefficients at all: Ω(W) = Σ_t ‖w_t‖₂ over the columns of W."""

    is_norm = True
    allows_positive = True

    def _value(self, W: np.ndarray) -> float:
        return np.linalg.norm(W, axis=0).sum()

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        return shrink_rows(W.T, step).T

    def _dual_norm(self, G: np.ndarray) -> float:
        return np.linalg.norm(G, axis=0).max()
