"""The log-loss of two classes."""

import numpy as np
from scipy.special import entr, expit

from sklearn_mtl.linear_model.losses._base import LossEvaluation
from sklearn_mtl.linear_model.losses._newton import LARGEST_STEP, MAX_STEPS, TOLERANCE

_SHORT_STEP = 1e-5


class LogisticLoss:
    """log(1 + exp(z)) - y z, with y 0 or 1."""

    curvature = 0.25

    def evaluate(
        self,
        Z: np.ndarray,
        Y: np.ndarray,
        weights: np.ndarray,
        intercept: np.ndarray,
        *,
        fit_intercept: bool,
    ) -> LossEvaluation:
        p = expit(Z + intercept)
        if fit_intercept:
            intercept, p = _find_intercept(Z, Y, weights, intercept, p)
        errors = Y - p

        def find_value() -> float:
            scores = Z + intercept
            return float(np.vdot(weights, np.logaddexp(0, scores) - Y * scores))

        def find_dual(s: float) -> float:
            sizes = s * np.abs(errors)
            return float(np.vdot(weights, entr(sizes) + entr(1 - sizes)))

        return LossEvaluation(find_value, weights * errors, intercept, find_dual)

    def curvatures(self, residual: np.ndarray, weights: np.ndarray) -> np.ndarray:
        # The error is p or p - 1: of both p (1 - p) is the size less the square.
        sizes = np.abs(residual)
        squares = np.zeros_like(sizes)
        np.divide(sizes**2, weights, out=squares, where=weights > 0)
        return np.maximum(sizes - squares, 0)


def _find_intercept(
    Z: np.ndarray,
    Y: np.ndarray,
    weights: np.ndarray,
    intercept: np.ndarray,
    p: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best intercepts, and the probabilities with them."""
    for _ in range(MAX_STEPS):
        slope = (weights * (Y - p)).sum(axis=0)
        if np.abs(slope).max() <= TOLERANCE:
            break
        rates = p * (1 - p)
        curvature = (weights * rates).sum(axis=0)
        step = slope / np.maximum(curvature, TOLERANCE)
        step = np.clip(step, -LARGEST_STEP, LARGEST_STEP)
        intercept = intercept + step
        if np.abs(step).max() <= _SHORT_STEP:
            # Two terms of the series are exact then, and faster than the exponential.
            p = p + step * rates * (1 + step * (0.5 - p))
        else:
            p = expit(Z + intercept)
    return intercept, p
