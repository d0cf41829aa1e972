from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._box_norm import best_spectrum
from sklearn_mtl.linear_model.penalties._thresholding import map_singular_values


class ClusterPenalty(Penalty):
    r"""Tasks in a few clusters, which are not known beforehand.

    .. math::
        \Omega(W) = \min_M \tfrac{1 + \eta}{2} \operatorname{tr}
        \bigl(W (\eta I + M)^{-1} W^\top\bigr), \qquad
        0 \preceq M \preceq I,\ \operatorname{tr} M = k

    This is k-means of the coefficients of the tasks, made convex: what lies in the k
    best directions costs ½ of its square, the rest :math:`(1 + \eta) / \eta` times as
    much. Alternating structure optimisation has the same optimum.

    Parameters
    ----------
    n_clusters : int, default=1
        The number k of clusters, at most the number of tasks, which makes it
        :class:`RidgePenalty`.
    eta : float, default=0.1
        The η, above 0: the smaller, the closer are tasks of one cluster.

    See Also
    --------
    ClusterNormPenalty : Clusters around a common mean.
    MeanPenalty : One cluster around the mean.
    SquaredTracePenalty : Learn how all pairs of tasks are related.

    References
    ----------
    Zhou, J., Chen, J. and Ye, J. (2011). Clustered multi-task learning via alternating
    structure optimization. NeurIPS.

    Chen, J., Tang, L., Liu, J. and Ye, J. (2009). A convex formulation for learning
    shared structures from multiple tasks. ICML.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import ClusterPenalty
    >>> penalty = ClusterPenalty(eta=0.1)
    >>> penalty.value([[2.0, 2.0]])  # two tasks alike
    4.0
    >>> penalty.value([[2.0, 0.0], [0.0, 2.0]]) > 4.0
    True
    """

    _parameter_constraints: dict[str, Any] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "eta": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, n_clusters: int = 1, eta: float = 0.1) -> None:
        self.n_clusters = n_clusters
        self.eta = eta

    def _search_grid(
        self, n_features: int, n_tasks: int, scale: float
    ) -> dict[str, list[Any]]:
        return {"n_clusters": list(range(1, min(n_tasks, 3) + 1))}

    def _value(self, W: np.ndarray) -> float:
        s = np.linalg.svd(W, compute_uv=False)
        return 0.5 * (1 + self.eta) * float((s**2 / self._best_spectrum(s)).sum())

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        shift = step * (1 + self.eta)

        def shrink(s: np.ndarray) -> np.ndarray:
            widened = self._best_spectrum(s, shift)
            return s * (widened - shift) / widened

        return map_singular_values(W, shrink)

    def _best_spectrum(self, s: np.ndarray, shift: float = 0.0) -> np.ndarray:
        """Return the best spectrum of η I + M, which is shifted up."""
        low = self.eta + shift
        return best_spectrum(s, low, 1 + low, len(s) * low + self.n_clusters)

    def _conjugate(self, G: np.ndarray) -> float:
        squares = np.linalg.svd(G, compute_uv=False) ** 2
        weighted = self.eta * squares.sum() + squares[: self.n_clusters].sum()
        return float(weighted / (2 * (1 + self.eta)))

    def _check(self, n_features: int, n_tasks: int) -> None:
        super()._check(n_features, n_tasks)
        if self.n_clusters > n_tasks:
            raise parameter_error(
                "n_clusters",
                type(self).__name__,
                f"at most the number of tasks, {n_tasks}",
                self.n_clusters,
            )
