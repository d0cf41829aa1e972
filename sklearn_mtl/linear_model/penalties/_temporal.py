from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl.linear_model.penalties._base import Penalty

_MAX_STEPS = 100


class TemporalPenalty(Penalty):
    r"""Tasks in an order, such as the months after a treatment: the same few features.

    .. math::
        \Omega(W) = \sum_j \|W_j\|_2
        + \tfrac\lambda2 \sum_{t > 1} \|w_t - w_{t-1}\|^2 + \tfrac\rho2 \|W\|^2

    Parameters
    ----------
    smoothness : float, default=1.0
        The weight λ of the differences between tasks that follow each other.
    ridge : float, default=0.0
        The weight ρ of the ridge that pulls all tasks towards 0. Above 0 the duality
        gap is known.

    See Also
    --------
    L21Penalty : The same few features in any order of the tasks.
    GraphPenalty : Tasks that are alike, with all features.

    References
    ----------
    Zhou, J., Yuan, L., Liu, J. and Ye, J. (2011). A multi-task learning formulation for
    predicting disease progression. KDD.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import TemporalPenalty
    >>> TemporalPenalty(smoothness=2.0).value([[3.0, 4.0]])
    6.0
    """

    relates_tasks = True
    _parameter_constraints: dict[str, Any] = {
        "smoothness": [Interval(Real, 0, None, closed="left")],
        "ridge": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, smoothness: float = 1.0, ridge: float = 0.0) -> None:
        self.smoothness = smoothness
        self.ridge = ridge

    def _value(self, W: np.ndarray) -> float:
        lengths = np.linalg.norm(W, axis=1).sum()
        changes = self.smoothness * (np.diff(W, axis=1) ** 2).sum()
        return lengths + 0.5 * changes + 0.5 * self.ridge * (W**2).sum()

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        eigenvalues, vectors = self._spectrum(W.shape[1])
        return _shrink_rows(W @ vectors, 1 + step * eigenvalues, step) @ vectors.T

    def _conjugate(self, G: np.ndarray) -> float:
        eigenvalues, vectors = self._spectrum(G.shape[1])
        if eigenvalues[0] <= 1e-12 * max(eigenvalues[-1], 1.0):
            return np.inf
        W = _shrink_rows(G @ vectors, eigenvalues, 1.0) @ vectors.T
        return float(np.vdot(G, W) - self._value(W))

    def _alpha_max(self, G: np.ndarray) -> float:
        return np.linalg.norm(G, axis=1).max()

    def _spectrum(self, n_tasks: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the eigenvalues and -vectors of the quadratic part."""
        differences = np.diff(np.eye(n_tasks), axis=0)
        A = self.smoothness * differences.T @ differences
        return np.linalg.eigh(A + self.ridge * np.eye(n_tasks))


def _shrink_rows(V: np.ndarray, scales: np.ndarray, threshold: float) -> np.ndarray:
    """Minimise ½ w' diag(scales) w + threshold ‖w‖ - v'w for each row v.

    A row that is not 0 is v / (scales + threshold / r), where its norm r is the root of
    ‖v / (r scales + threshold)‖ = 1. The inverse of this norm is concave in r: Newton's
    method from the left does not overshoot.
    """
    if threshold == 0:
        return V / scales
    W = np.zeros_like(V)
    kept = np.linalg.norm(V, axis=1) > threshold
    V = V[kept]
    r = np.zeros((len(V), 1))
    for _ in range(_MAX_STEPS):
        denominators = r * scales + threshold
        squares = (V / denominators) ** 2
        norms = np.sqrt(squares.sum(axis=1, keepdims=True))
        slopes = (squares * scales / denominators).sum(axis=1, keepdims=True)
        step = norms**2 * (norms - 1) / slopes
        r = r + step
        if (np.abs(step) <= 1e-15 * r).all():
            break
    W[kept] = V * r / (r * scales + threshold)
    return W
