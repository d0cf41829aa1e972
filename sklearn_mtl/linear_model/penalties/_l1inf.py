import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty


class L1InfPenalty(Penalty):
    """The same few features, equally large in all tasks: ``Ω(W) = Σ_j max_t |W_jt|``.

    See Also
    --------
    L21Penalty : The tasks share the features, not the size of the coefficients.

    References
    ----------
    Liu, H., Palatucci, M. and Zhang, J. (2009). Blockwise coordinate descent procedures
    for the multi-task lasso. ICML.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import L1InfPenalty
    >>> L1InfPenalty().prox([[3.0, -2.5, 0.1]], step=1.5)
    array([[ 2. , -2. ,  0.1]])
    """

    is_norm = True
    allows_positive = True

    def _value(self, W: np.ndarray) -> float:
        return np.abs(W).max(axis=1).sum()

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        # The entries of a row are cut at a common height: what is cut off adds up to
        # the step, or is the whole row.
        falling = -np.sort(-np.abs(W), axis=1)
        heights = (falling.cumsum(axis=1) - step) / np.arange(1, W.shape[1] + 1)
        height = np.maximum(heights.max(axis=1, keepdims=True), 0)
        return np.clip(W, -height, height)

    def _dual_norm(self, G: np.ndarray) -> float:
        return np.abs(G).sum(axis=1).max()
