import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._thresholding import shrink_rows


class L21Penalty(Penalty):
    """The same few features for all tasks: Ω(W) = Σ_j ‖W_j‖₂ over the rows of W.

    With it a regression on complete targets is
    :class:`~sklearn.linear_model.MultiTaskLasso`.

    See Also
    --------
    L1InfPenalty : The tasks also share the size of the coefficients.
    SparseGroupPenalty : A chosen feature need not serve all tasks.
    LassoPenalty : Each task chooses its own features.

    References
    ----------
    Liu, J., Ji, S. and Ye, J. (2009). Multi-task feature learning via efficient
    l2,1-norm minimization. UAI.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import L21Penalty
    >>> L21Penalty().prox([[3.0, 4.0], [0.6, 0.8]], step=1.0)
    array([[2.4, 3.2], [0. , 0. ]])
    """

    is_norm = True
    allows_positive = True

    def _value(self, W: np.ndarray) -> float:
        return np.linalg.norm(W, axis=1).sum()

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        return shrink_rows(W, step)

    def _dual_norm(self, G: np.ndarray) -> float:
        return np.linalg.norm(G, axis=1).max()

    def _row_weights(self) -> tuple[float, float, float]:
        return 0.0, 1.0, 0.0
