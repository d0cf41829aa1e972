"""The log-loss of several classes."""

import numpy as np
from scipy.special import entr, logsumexp, softmax

from sklearn_mtl.linear_model.losses._base import LossEvaluation
from sklearn_mtl.linear_model.losses._newton import LARGEST_STEP, MAX_STEPS, TOLERANCE


class MultinomialLoss:
    """log Σ_c exp(z_c) - z_y, with y a class code and a score per class.

    The scores are (n, k · n_classes), those of a task side by side.
    """

    curvature = 0.5

    def __init__(self, n_classes: int) -> None:
        self.n_classes = n_classes

    def evaluate(
        self,
        Z: np.ndarray,
        Y: np.ndarray,
        weights: np.ndarray,
        intercept: np.ndarray,
        *,
        fit_intercept: bool,
    ) -> LossEvaluation:
        Z = Z.reshape(*Y.shape, self.n_classes)
        hot = (Y[..., np.newaxis] == np.arange(self.n_classes)).astype(np.float64)
        b = intercept.reshape(Y.shape[1], self.n_classes)
        if fit_intercept:
            b = _best_intercept(Z, hot, weights, b)
        Z = Z + b
        p = softmax(Z, axis=2)
        weights = weights[..., np.newaxis]
        residual = weights * (hot - p)

        def find_value() -> float:
            fits = (hot * Z).sum(axis=2, keepdims=True)
            losses = logsumexp(Z, axis=2, keepdims=True) - fits
            return float(np.vdot(weights, losses))

        return LossEvaluation(
            find_value,
            residual.reshape(len(Y), Y.shape[1] * self.n_classes),
            b.ravel(),
            lambda s: float((weights * entr((1 - s) * hot + s * p)).sum()),
        )

    def curvatures(self, residual: np.ndarray, weights: np.ndarray) -> np.ndarray:
        raise TypeError("the scores of the classes of a task are not separate")


def _best_intercept(
    Z: np.ndarray, hot: np.ndarray, weights: np.ndarray, b: np.ndarray
) -> np.ndarray:
    """Return the best intercepts (k, n_classes), of mean 0 over the classes."""
    n_classes = Z.shape[2]
    weights = weights[..., np.newaxis]
    for _ in range(MAX_STEPS):
        p = softmax(Z + b, axis=2)
        slope = (weights * (hot - p)).sum(axis=0)
        if np.abs(slope).max() <= TOLERANCE:
            break
        weighted = weights * p
        hessian = -np.einsum("nkc,nkd->kcd", weighted, p)
        hessian[:, range(n_classes), range(n_classes)] += weighted.sum(axis=0)
        # A constant added to all classes changes nothing: it is kept out. So is the
        # direction of a class that is all but certain.
        hessian += 1 / n_classes + TOLERANCE * np.eye(n_classes)
        step = np.linalg.solve(hessian, slope[..., np.newaxis])[..., 0]
        b = b + np.clip(step, -LARGEST_STEP, LARGEST_STEP)
    return b - b.mean(axis=1, keepdims=True)
