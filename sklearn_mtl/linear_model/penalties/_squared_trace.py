from typing import Any

import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._thresholding import map_singular_values


class SquaredTracePenalty(Penalty):
    r"""Tasks whose covariance is learnt: half the squared trace norm.

    .. math::
        \Omega(W) = \tfrac12 \|W\|_*^2
        = \min_{C \succ 0,\ \operatorname{tr} C = 1}
          \tfrac12 \operatorname{tr}(W C^{-1} W^\top)

    This is multi-task relationship learning with its best covariance C, and convex
    multi-task feature learning. An estimator has C as `task_covariance_`.

    See Also
    --------
    TracePenalty : Its root, which makes the rank small.
    GraphPenalty : Say how the tasks are related instead.

    References
    ----------
    Zhang, Y. and Yeung, D.-Y. (2010). A convex formulation for learning task
    relationships in multi-task learning. UAI.

    Argyriou, A., Evgeniou, T. and Pontil, M. (2008). Convex multi-task feature
    learning. Machine Learning, 73, 243-272.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import SquaredTracePenalty
    >>> penalty = SquaredTracePenalty()
    >>> penalty.value([[3.0, 0.0], [0.0, 1.0]])
    8.0
    >>> penalty.task_covariance([[3.0, 0.0], [0.0, 1.0]])
    array([[0.75, 0.  ], [0.  , 0.25]])
    """

    def task_covariance(self, W: Any) -> np.ndarray:
        """Return the covariance C that minimises tr(W C⁻¹ Wᵀ).

        Parameters
        ----------
        W : array-like of shape (n_features, n_tasks)
            Coefficients.

        Returns
        -------
        ndarray of shape (n_tasks, n_tasks)
            The covariance (WᵀW)^½ / tr (WᵀW)^½; the identity divided by n_tasks if all
            coefficients are 0.
        """
        W = np.asarray(W, dtype=np.float64)
        _, s, Vt = np.linalg.svd(W, full_matrices=False)
        total = s.sum()
        if total == 0:
            return np.eye(W.shape[1]) / W.shape[1]
        return (Vt.T * (s / total)) @ Vt

    def _find_task_covariance(self, W: np.ndarray) -> np.ndarray:
        return self.task_covariance(W)

    def _value(self, W: np.ndarray) -> float:
        return 0.5 * float(np.linalg.norm(W, "nuc")) ** 2

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        def shrink(s: np.ndarray) -> np.ndarray:
            # With the k largest kept, the others are at most step times their new sum.
            totals = s.cumsum() / (1 + step * np.arange(1, len(s) + 1))
            return np.maximum(s - step * totals.max(), 0)

        return map_singular_values(W, shrink)

    def _conjugate(self, G: np.ndarray) -> float:
        return 0.5 * float(np.linalg.norm(G, 2)) ** 2
