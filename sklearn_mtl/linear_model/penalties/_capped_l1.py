from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl.linear_model.penalties._reweighted import ReweightedPenalty
from sklearn_mtl.linear_model.penalties._thresholding import shrink_entries


class CappedL1Penalty(ReweightedPenalty):
    r"""Few features, of which the strong ones are not shrunk; not convex.

    .. math:: \Omega(W) = \sum_j \min\bigl(\|W_j\|_1, \theta\bigr)

    A first fit is the lasso. Features that reach the cap θ in it are free in the next
    one, until their choice stays the same. What is found is a stationary point, of
    which there may be several, and no duality gap is known.

    Parameters
    ----------
    threshold : float, default=1.0
        The cap θ, above 0, in units of the coefficients; where none reaches it the
        penalty is :class:`LassoPenalty`.

    See Also
    --------
    LassoPenalty : Without a cap.
    MultiLevelPenalty : Shrinks strong features less, without a cap.

    References
    ----------
    Gong, P., Ye, J. and Zhang, C. (2012). Multi-stage multi-task feature learning.
    NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import CappedL1Penalty
    >>> penalty = CappedL1Penalty(threshold=2.0)
    >>> penalty.value([[3.0, 4.0], [0.5, 0.5]])
    3.0
    >>> penalty.prox([[3.0, 4.0], [1.0, 0.25]], step=0.5)
    array([[3. , 4. ], [0.5, 0. ]])
    """

    _parameter_constraints: dict[str, Any] = {
        "threshold": [Interval(Real, 0, None, closed="neither")]
    }

    def __init__(self, threshold: float = 1.0) -> None:
        self.threshold = threshold

    def _search_grid(
        self, n_features: int, n_tasks: int, scale: float
    ) -> dict[str, list[Any]]:
        # The scale is the inverse of how large a coefficient may become.
        size = n_tasks / scale
        return {"threshold": [0.1 * size, size]}

    def _of_sizes(self, sizes: np.ndarray) -> np.ndarray:
        return np.minimum(sizes, self.threshold)

    def _slopes(self, sizes: np.ndarray) -> np.ndarray:
        return (sizes < self.threshold).astype(np.float64)

    def _first_slope(self, size: float) -> float:
        return 1.0

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        # Either of the two that the minimum is of has its minimiser in a closed form.
        shrunk = shrink_entries(W, step)
        distances = ((W - shrunk) ** 2).sum(axis=1)
        costs = 0.5 * distances + step * np.abs(shrunk).sum(axis=1)
        return np.where((costs <= step * self.threshold)[:, np.newaxis], shrunk, W)

    def _alpha_max(self, G: np.ndarray) -> float:
        return np.abs(G).max()
