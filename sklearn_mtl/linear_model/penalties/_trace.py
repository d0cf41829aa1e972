import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._thresholding import map_singular_values


class TracePenalty(Penalty):
    """Tasks that live in a small common subspace: the trace norm of W.

    Ω(W) is the sum of the singular values, which makes the rank of W small.

    See Also
    --------
    SquaredTracePenalty : Its square, which learns the covariance of the tasks.

    References
    ----------
    Ji, S. and Ye, J. (2009). An accelerated gradient method for trace norm
    minimization. ICML.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import TracePenalty
    >>> TracePenalty().prox([[3.0, 0.0], [0.0, 0.5]], step=1.0)
    array([[2., 0.], [0., 0.]])
    """

    is_norm = True

    def _value(self, W: np.ndarray) -> float:
        return float(np.linalg.norm(W, "nuc"))

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        return map_singular_values(W, lambda s: np.maximum(s - step, 0))

    def _dual_norm(self, G: np.ndarray) -> float:
        return float(np.linalg.norm(G, 2))
