from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._thresholding import (
    shrink_entries,
    shrink_rows,
)


class SparseGroupPenalty(Penalty):
    r"""Few features, and each of them for some of the tasks.

    .. math:: \Omega(W) = \lambda \sum_{jt} |W_{jt}| + (1 - \lambda) \sum_j \|W_j\|_2

    Parameters
    ----------
    l1_ratio : float, default=0.5
        The ratio λ: 0 is :class:`L21Penalty`, 1 is :class:`LassoPenalty`.

    See Also
    --------
    L21Penalty : All tasks use the same features.
    LassoPenalty : Each task chooses its own.

    References
    ----------
    Simon, N., Friedman, J., Hastie, T. and Tibshirani, R. (2013). A sparse-group lasso.
    JCGS, 22, 231-245.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import SparseGroupPenalty
    >>> SparseGroupPenalty(l1_ratio=0.5).value([[3.0, 4.0], [0.0, 0.0]])
    6.0
    """

    is_norm = True
    allows_positive = True
    _parameter_constraints: dict[str, Any] = {
        "l1_ratio": [Interval(Real, 0, 1, closed="both")]
    }

    def __init__(self, l1_ratio: float = 0.5) -> None:
        self.l1_ratio = l1_ratio

    def _search_grid(
        self, n_features: int, n_tasks: int, scale: float
    ) -> dict[str, list[Any]]:
        return {"l1_ratio": [0.1, 0.5, 0.9]}

    def _value(self, W: np.ndarray) -> float:
        of_rows = np.linalg.norm(W, axis=1).sum()
        return self.l1_ratio * np.abs(W).sum() + (1 - self.l1_ratio) * of_rows

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        shrunk = shrink_entries(W, step * self.l1_ratio)
        return shrink_rows(shrunk, step * (1 - self.l1_ratio))

    def _dual_norm(self, G: np.ndarray) -> float:
        return _dual_norms_of_rows(np.abs(G), self.l1_ratio, 1 - self.l1_ratio).max()

    def _row_weights(self) -> tuple[float, float, float]:
        return self.l1_ratio, 1 - self.l1_ratio, 0.0


def _dual_norms_of_rows(G: np.ndarray, a: float, b: float) -> np.ndarray:
    """Return for each row g >= 0 the s at which ‖(g - a s)₊‖ = b s."""
    if a == 0:
        return np.linalg.norm(G, axis=1) / b
    G = -np.sort(-G, axis=1)
    k = np.arange(1, G.shape[1] + 1)
    sums, squares = G.cumsum(axis=1), (G**2).cumsum(axis=1)
    # Where s = g_k / a, the first k entries are those that are not thresholded to 0.
    s = G / a
    excess = squares - 2 * a * s * sums + (k * a**2 - b**2) * s**2
    # The entry k is above the threshold at the root if the root is below g_k / a.
    kept = np.maximum((excess <= 0).sum(axis=1), 1) - 1
    rows = np.arange(len(G))
    k, sums, squares = k[kept], sums[rows, kept], squares[rows, kept]
    # The root of squares - 2 a s sums + (k a² - b²) s² = 0, in the stable form.
    spread = np.maximum((a * sums) ** 2 - (k * a**2 - b**2) * squares, 0)
    denominator = a * sums + np.sqrt(spread)
    return np.divide(squares, denominator, np.zeros(len(G)), where=denominator > 0)
