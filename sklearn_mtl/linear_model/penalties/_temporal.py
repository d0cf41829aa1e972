from numbers import Real
from typing import Any

import numpy as np
from scipy.fft import dct, idct
from sklearn.utils._param_validation import Interval

from sklearn_mtl.linear_model.penalties._base import Penalty

_MAX_STEPS = 100
# How far from where the conjugate becomes infinite it is computed.
_MARGIN = 1e-10


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
        The weight ρ of the ridge that pulls all tasks towards 0.

    See Also
    --------
    FusedPenalty : Coefficients that stay the same or jump.
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

    def _search_grid(
        self, n_features: int, n_tasks: int, scale: float
    ) -> dict[str, list[Any]]:
        return {"smoothness": [0.1 * scale, scale, 10 * scale]}

    def _value(self, W: np.ndarray) -> float:
        lengths = np.linalg.norm(W, axis=1).sum()
        changes = self.smoothness * (np.diff(W, axis=1) ** 2).sum()
        return lengths + 0.5 * changes + 0.5 * self.ridge * (W**2).sum()

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        if step == 0:
            return W.copy()
        waves, scales = _to_waves(W), 1 + step * self._eigenvalues(W.shape[1])
        r = _find_norms(waves, scales, step)
        return _from_waves(waves * r / (r * scales + step))

    def _conjugate(self, G: np.ndarray) -> float:
        eigenvalues, waves = self._eigenvalues(G.shape[1]), _to_waves(G)
        smoothed = eigenvalues > 0
        # Where nothing but the norm costs, the norm must be steep enough.
        largest = np.linalg.norm(waves[:, ~smoothed], axis=1).max()
        if largest > 1 + _MARGIN:
            return np.inf
        waves *= min(1.0, (1 - _MARGIN) / max(largest, _MARGIN))
        r, scales = _find_norms(waves, eigenvalues, 1.0), eigenvalues[smoothed]
        shares = r * scales / (r * scales + 1)
        return 0.5 * float(((shares * waves[:, smoothed]) ** 2 / scales).sum())

    def _alpha_max(self, G: np.ndarray) -> float:
        return np.linalg.norm(G, axis=1).max()

    def _find_dual_scale(self, G: np.ndarray) -> tuple[float, float]:
        free = _to_waves(G)[:, self._eigenvalues(G.shape[1]) == 0]
        scale = 1 / max(np.linalg.norm(free, axis=1).max(), 1.0)
        return scale, self._conjugate(scale * G)

    def _eigenvalues(self, n_tasks: int) -> np.ndarray:
        """Return those of the quadratic part, the vectors of which are waves."""
        frequencies = np.arange(n_tasks) / n_tasks
        eigenvalues = 4 * self.smoothness * np.sin(0.5 * np.pi * frequencies) ** 2
        eigenvalues += self.ridge
        eigenvalues[eigenvalues <= 1e-12 * max(eigenvalues[-1], 1.0)] = 0
        return eigenvalues


def _to_waves(W: np.ndarray) -> np.ndarray:
    return dct(W, axis=1, norm="ortho")


def _from_waves(waves: np.ndarray) -> np.ndarray:
    return idct(waves, axis=1, norm="ortho")


def _find_norms(V: np.ndarray, scales: np.ndarray, threshold: float) -> np.ndarray:
    """Return the norm of the w that minimises ½ w'Dw + threshold ‖w‖ - v'w by row v.

    D is diag(scales). If the norm r is not 0, then w is v / (scales + threshold / r),
    so that ‖v / (r scales + threshold)‖ = 1. The inverse of this norm is concave in r:
    Newton's method from the left does not overshoot.
    """
    found = np.zeros((len(V), 1))
    kept = np.linalg.norm(V, axis=1) > threshold
    V, r = V[kept], found[kept]
    for _ in range(_MAX_STEPS):
        denominators = r * scales + threshold
        squares = (V / denominators) ** 2
        norms = np.sqrt(squares.sum(axis=1, keepdims=True))
        slopes = (squares * scales / denominators).sum(axis=1, keepdims=True)
        step = norms**2 * (norms - 1) / slopes
        r = r + step
        if (np.abs(step) <= 1e-15 * r).all():
            break
    found[kept] = r
    return found
