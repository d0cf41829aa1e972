"""The best weights on the simplex: none is negative, and they sum to 1."""

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import nnls

_MAX_STEPS = 100
_MAX_HALVINGS = 40
_TOLERANCE = 1e-10


def minimise_log_loss(likelihoods: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the weights w of the least -sum_i counts_i log(likelihoods_i · w).

    Of shape (n, n_candidates), `likelihoods` are positive. The constraint on the sum
    has the multiplier sum(counts), known beforehand, so that w >= 0 is all that is left
    of the simplex: the step of Newton's method is a problem of non-negative least
    squares (Kim et al., 2020). It ends where the duality gap is nothing.
    """
    n_candidates = likelihoods.shape[1]
    likelihoods, counts = likelihoods[counts > 0], counts[counts > 0]
    # The loss of a row is the same up to a constant, whatever its scale.
    likelihoods = likelihoods / likelihoods.max(axis=1, keepdims=True)
    total = counts.sum()
    weights = np.full(n_candidates, 1 / n_candidates)
    mixed = likelihoods @ weights
    for _ in range(_MAX_STEPS):
        pull = likelihoods.T @ (counts / mixed)
        if pull.max() <= total * (1 + _TOLERANCE):
            break
        scaled = likelihoods * (np.sqrt(counts) / mixed)[:, np.newaxis]
        target = _solve_non_negative(scaled.T @ scaled, 2 * pull - total)
        step = target / target.sum() - weights
        change = likelihoods @ step
        size = _find_step_size(mixed, change, counts)
        if size == 0:
            break
        weights = weights + size * step
        mixed = mixed + size * change
    return _clean(weights)


def _clean(weights: np.ndarray) -> np.ndarray:
    """Return the weights without those that are nothing but rounding."""
    weights = np.where(weights < _TOLERANCE, 0.0, weights)
    return weights / weights.sum()


def _solve_non_negative(hessian: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """Return the x >= 0 of the least x'Hx / 2 - linear · x."""
    ridge = 1e-13 * np.trace(hessian) * np.eye(len(hessian))
    factor = np.linalg.cholesky(hessian + ridge)
    return nnls(factor.T, solve_triangular(factor, linear, lower=True))[0]


def _find_step_size(mixed: np.ndarray, change: np.ndarray, counts: np.ndarray) -> float:
    """Return the largest of 1, 1/2, 1/4, ... that lowers the loss as it should.

    0 if none does: that is only so where rounding hides what is left to gain.
    """
    slope = -(counts * change / mixed).sum()
    size = 1.0
    for _ in range(_MAX_HALVINGS):
        with np.errstate(divide="ignore"):
            # Where nothing would be left of a likelihood, the loss is infinite.
            loss_change = -(counts * np.log1p(size * change / mixed)).sum()
        if loss_change <= 1e-4 * size * slope:
            return size
        size /= 2
    return 0.0


def minimise_squared_error(residuals: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the weights w of the least sum_i counts_i (residuals_i · w)².

    Without the constraint on their sum, non-negative v of the least |R v|² + (1 - Σv)²
    point into the same direction.
    """
    n_candidates = residuals.shape[1]
    if not len(residuals):
        return np.full(n_candidates, 1 / n_candidates)
    scaled = residuals * np.sqrt(counts)[:, np.newaxis]
    factor = np.linalg.qr(scaled, mode="r")
    sizes = np.linalg.norm(factor, axis=0)
    if not sizes.all():
        # A candidate without any error.
        return np.eye(n_candidates)[np.argmin(sizes)]
    system = np.vstack([factor / sizes.min(), np.ones(n_candidates)])
    target = np.append(np.zeros(len(factor)), 1.0)
    weights = nnls(system, target)[0]
    return weights / weights.sum()
