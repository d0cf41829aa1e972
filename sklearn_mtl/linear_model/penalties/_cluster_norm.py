from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._box_norm import best_spectrum
from sklearn_mtl.linear_model.penalties._thresholding import map_singular_values


class ClusterNormPenalty(Penalty):
    r"""Tasks in a few clusters: three weights for mean, clusters and tasks.

    .. math::
        \Omega(W) = \tfrac{\varepsilon_M}{2} n_{tasks} \|\bar w\|^2
        + \min_\Sigma \tfrac12 \sum_{st} (w_s - \bar w)^\top
        (\Sigma^{-1})_{st} (w_t - \bar w)

    with :math:`\tfrac{1}{\varepsilon_W} I \preceq \Sigma \preceq
    \tfrac{1}{\varepsilon_B} I`, where as many directions may be cheap as k clusters
    have between them: :math:`\operatorname{tr} \Sigma = (n_{tasks} - k + 1) /
    \varepsilon_W + (k - 1) / \varepsilon_B`. This is the cluster norm, which makes the
    sum of squares of the mean, between and within clusters convex.

    Parameters
    ----------
    n_clusters : int, default=None
        The number k of clusters, at most the number of tasks; with 1 all tasks are near
        the mean. None is 2, or 1 of a single task.
    mean : float, default=0.1
        The weight :math:`\varepsilon_M` of the mean of all tasks, above 0.
    between : float, default=0.1
        The weight :math:`\varepsilon_B` of the distances between clusters, above 0.
    within : float, default=1.0
        The weight :math:`\varepsilon_W` of the distances in a cluster, at least
        `between`.

    See Also
    --------
    ClusterPenalty : Clusters without a common mean.
    MeanPenalty : One cluster.

    References
    ----------
    Jacob, L., Bach, F. and Vert, J.-P. (2008). Clustered multi-task learning: a convex
    formulation. NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import ClusterNormPenalty
    >>> penalty = ClusterNormPenalty(n_clusters=2)
    >>> penalty.value([[3.0, 3.0, 1.0, 1.0]])  # two clusters
    1.0
    >>> penalty.value([[3.0, 3.0, 1.0, 1.0], [2.0, 0.0, 2.0, 0.0]]) > 1.4  # four
    True
    """

    relates_tasks = True
    _parameter_constraints: dict[str, Any] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left"), None],
        "mean": [Interval(Real, 0, None, closed="neither")],
        "between": [Interval(Real, 0, None, closed="neither")],
        "within": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        n_clusters: int | None = None,
        mean: float = 0.1,
        between: float = 0.1,
        within: float = 1.0,
    ) -> None:
        self.n_clusters = n_clusters
        self.mean = mean
        self.between = between
        self.within = within

    def _search_grid(
        self, n_features: int, n_tasks: int, scale: float
    ) -> dict[str, list[Any]]:
        return {"n_clusters": list(range(min(n_tasks, 2), min(n_tasks, 4) + 1))}

    def _value(self, W: np.ndarray) -> float:
        means, centred = _split(W)
        s = np.linalg.svd(centred, compute_uv=False)
        spectrum = self._best_spectrum(s, W.shape)
        return 0.5 * float(self.mean * (means**2).sum() + (s**2 / spectrum).sum())

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        means, centred = _split(W)

        def shrink(s: np.ndarray) -> np.ndarray:
            widened = self._best_spectrum(s, W.shape, step)
            return s * (widened - step) / widened

        shrunk = map_singular_values(centred, shrink)
        return means / (1 + step * self.mean) + shrunk

    def _conjugate(self, G: np.ndarray) -> float:
        means, centred = _split(G)
        squares = np.linalg.svd(centred, compute_uv=False) ** 2
        cheap = squares[: self._count_clusters(G.shape[1]) - 1].sum()
        dear = squares.sum() - cheap
        parts = (means**2).sum() / self.mean + cheap / self.between + dear / self.within
        return 0.5 * float(parts)

    def _best_spectrum(
        self, s: np.ndarray, shape: tuple[int, ...], shift: float = 0.0
    ) -> np.ndarray:
        """Return the best spectrum of Σ, which is shifted up, for singular values s."""
        low, high = 1 / self.within, 1 / self.between
        n_cheap = self._count_clusters(shape[1]) - 1
        total = len(s) * (low + shift) + n_cheap * (high - low)
        return best_spectrum(s, low + shift, high + shift, total)

    def _count_clusters(self, n_tasks: int) -> int:
        return min(2, n_tasks) if self.n_clusters is None else self.n_clusters

    def _check(self, n_features: int, n_tasks: int) -> None:
        super()._check(n_features, n_tasks)
        owner = type(self).__name__
        if self._count_clusters(n_tasks) > n_tasks:
            expected = f"at most the number of tasks, {n_tasks}"
            raise parameter_error("n_clusters", owner, expected, self.n_clusters)
        if self.within < self.between:
            expected = f"at least 'between', {self.between}"
            raise parameter_error("within", owner, expected, self.within)


def _split(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean over the tasks, for each of them, and the rest."""
    means = np.broadcast_to(W.mean(axis=1, keepdims=True), W.shape)
    return means, W - means
