from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.linear_model.penalties._base import Penalty
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

    def _value(self, W: np.ndarray) -> float:
        s = np.linalg.svd(W, compute_uv=False)
        spectrum = _spread(s, self.n_clusters, self.eta)
        return 0.5 * (1 + self.eta) * float((s**2 / (self.eta + spectrum)).sum())

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        shift = step * (1 + self.eta)

        def shrink(s: np.ndarray) -> np.ndarray:
            kept = self.eta + _spread(s, self.n_clusters, self.eta + shift)
            return s * kept / (kept + shift)

        return map_singular_values(W, shrink)

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


def _spread(s: np.ndarray, total: int, eta: float) -> np.ndarray:
    """Return the m in [0, 1] of the given sum that minimises Σ s² / (eta + m).

    They are (u s - eta) cut to [0, 1], where u makes the sum right: it is linear in u
    between the values where one of them reaches 0 or 1.
    """
    positive = s[s > 0]
    if len(positive) <= total:
        return np.ones_like(s)
    breaks = np.sort(np.concatenate([eta / positive, (1 + eta) / positive]))
    sums = np.clip(np.outer(breaks, positive) - eta, 0, 1).sum(axis=1)
    return np.clip(np.interp(total, sums, breaks) * s - eta, 0, 1)
