"""The log-loss of two classes."""

import numpy as np
from scipy.special import entr, expit

from sklearn_mtl.linear_model.losses._base import LossEvaluation
from sklearn_mtl.linear_model.losses._newton import LARGEST_STEP, MAX_STEPS, TOLERANCE


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
        if fit_intercept:
            intercept = _best_intercept(Z, Y, weights, intercept)
        Z = Z + intercept
        errors = Y - expit(Z)
        sizes = np.abs(errors)
        return LossEvaluation(
            float(np.vdot(weights, np.logaddexp(0, Z) - Y * Z)),
            weights * errors,
            intercept,
            lambda s: float(np.vdot(weights, entr(s * sizes) + entr(1 - s * sizes))),
        )


def _best_intercept(
    Z: np.ndarray, Y: np.ndarray, weights: np.ndarray, intercept: np.ndarray
) -> np.ndarray:
    for _ in range(MAX_STEPS):
        p = expit(Z + intercept)
        slope = (weights * (Y - p)).sum(axis=0)
        if np.abs(slope).max() <= TOLERANCE:
            break
        curvature = (weights * p * (1 - p)).sum(axis=0)
        step = slope / np.maximum(curvature, TOLERANCE)
        intercept = intercept + np.clip(step, -LARGEST_STEP, LARGEST_STEP)
    return intercept
