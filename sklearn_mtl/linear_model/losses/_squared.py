"""Half the squared error."""

import numpy as np

from sklearn_mtl.linear_model.losses._base import LossEvaluation


class SquaredLoss:
    """½ (y - z)²."""

    curvature = 1.0

    def evaluate(
        self,
        Z: np.ndarray,
        Y: np.ndarray,
        weights: np.ndarray,
        intercept: np.ndarray,
        *,
        fit_intercept: bool,
    ) -> LossEvaluation:
        errors = Y - Z
        if fit_intercept:
            intercept = (weights * errors).sum(axis=0)
            errors -= intercept
        residual = weights * errors
        squares = float(np.vdot(residual, errors))
        products = float(np.vdot(residual, Y))
        return LossEvaluation(
            lambda: 0.5 * squares,
            residual,
            intercept,
            lambda s: s * products - 0.5 * s**2 * squares,
        )

    def curvatures(self, residual: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return weights
