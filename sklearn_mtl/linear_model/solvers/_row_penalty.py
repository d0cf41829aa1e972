"""Penalties on each row of W for itself, as coordinate descent sees them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RowPenalty:
    """Σ_j l1_j ‖W_j‖₁ + l2_j ‖W_j‖₂ + ½ ridge ‖W_j‖², and W ≥ 0 if `positive`."""

    l1: np.ndarray
    l2: np.ndarray
    ridge: float
    positive: bool

    def restrict(self, features: np.ndarray | slice) -> "RowPenalty":
        """Return the penalty of some rows."""
        return RowPenalty(
            self.l1[features], self.l2[features], self.ridge, self.positive
        )

    def find_excess(self, gradient: np.ndarray) -> np.ndarray:
        """Return how far beyond the penalty the slope of each row is, where W is 0."""
        slopes = -gradient if self.positive else np.abs(gradient)
        if self.l1.any() or self.positive:
            slopes = np.maximum(slopes - self.l1[:, np.newaxis], 0)
        return np.linalg.norm(slopes, axis=1) - self.l2
