import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._thresholding import shrink_entries


class LassoPenalty(Penalty):
    """Few coefficients, each task for itself: ``Ω(W) = Σ |W_jt|``.

    With it a regression is one :class:`~sklearn.linear_model.Lasso` per task.

    See Also
    --------
    L21Penalty : The same few features for all tasks.
    SparseGroupPenalty : Between the two.

    References
    ----------
    Tibshirani, R. (1996). Regression shrinkage and selection via the lasso. JRSS B, 58,
    267-288.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import LassoPenalty
    >>> LassoPenalty().prox([[3.0, -0.5]], step=1.0)
    array([[2., 0.]])
    """

    is_norm = True
    allows_positive = True

    def _value(self, W: np.ndarray) -> float:
        return np.abs(W).sum()

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        return shrink_entries(W, step)

    def _dual_norm(self, G: np.ndarray) -> float:
        return np.abs(G).max()

    def _row_weights(self) -> tuple[float, float, float]:
        return 1.0, 0.0, 0.0
