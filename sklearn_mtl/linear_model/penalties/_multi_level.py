import numpy as np

from sklearn_mtl.linear_model.penalties._reweighted import ReweightedPenalty
from sklearn_mtl.linear_model.penalties._thresholding import shrink_entries


class MultiLevelPenalty(ReweightedPenalty):
    r"""Few features, and each for few tasks; strong features shrunk less; not convex.

    .. math:: \Omega(W) = \sum_j \sqrt{\|W_j\|_1}

    It is the product of a level for each feature and one for each task, both
    penalised. A series of lassos with a weight per feature finds a stationary point, of
    which there may be several: a feature that one of them drops stays out. No duality
    gap is known.

    See Also
    --------
    SparseGroupPenalty : A convex penalty with the same aim.
    CappedL1Penalty : Does not shrink strong features at all.

    References
    ----------
    Lozano, A. C. and Swirszcz, G. (2012). Multi-level lasso for sparse multi-task
    regression. ICML.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import MultiLevelPenalty
    >>> MultiLevelPenalty().value([[3.0, 1.0], [0.0, 0.0]])
    2.0
    """

    def _of_sizes(self, sizes: np.ndarray) -> np.ndarray:
        return np.sqrt(sizes)

    def _slopes(self, sizes: np.ndarray) -> np.ndarray:
        infinite = np.full_like(sizes, np.inf)
        return np.divide(0.5, np.sqrt(sizes), out=infinite, where=sizes > 0)

    def _first_slope(self, size: float) -> float:
        return 0.5 / np.sqrt(size)

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        # For each number k of entries that are kept there is one candidate: the root q
        # of its size is the largest one of q³ - S q + k step / 2, where S is the sum of
        # the k largest, and all entries shrink by step / (2 q).
        best = np.zeros_like(W)
        costs = 0.5 * (W**2).sum(axis=1)
        sums = -np.sort(-np.abs(W), axis=1).cumsum(axis=1)
        for k in range(1, W.shape[1] + 1):
            roots = _largest_roots(sums[:, k - 1], 0.5 * k * step)
            thresholds = np.divide(
                0.5 * step, roots, out=np.full_like(roots, np.inf), where=roots > 0
            )
            V = shrink_entries(W, thresholds[:, np.newaxis])
            sizes = np.abs(V).sum(axis=1)
            cost = 0.5 * ((V - W) ** 2).sum(axis=1) + step * np.sqrt(sizes)
            better = cost < costs
            best[better], costs[better] = V[better], cost[better]
        return best

    def _alpha_max(self, G: np.ndarray) -> float:
        # Where a feature is out, no gradient is steep enough to bring it in.
        return np.nan


def _largest_roots(S: np.ndarray, c: float) -> np.ndarray:
    """Return the largest root of q³ - S q + c for c >= 0, 0 where none is positive."""
    third = np.sqrt(np.maximum(S, 0) / 3)
    cosines = np.divide(-0.5 * c, third**3, out=np.full_like(S, -2.0), where=third > 0)
    real = cosines >= -1
    return np.where(real, 2 * third * np.cos(np.arccos(np.maximum(cosines, -1)) / 3), 0)
