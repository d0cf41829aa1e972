"""The problem of CAGrad."""

import numpy as np

from sklearn_mtl.neural_network.balancers._nonnegative_qp import solve_nonnegative_qp

_N_TRIALS = 200
_TOLERANCE = 1e-13


def find_conflict_averse(
    C: np.ndarray, norms: np.ndarray, mean: np.ndarray, c: float
) -> np.ndarray:
    """Return what to add to the mean, in terms of the gradients taken to length 1.

    It is the solution y ≥ 0 of: maximise the least of <g, m + U'y> over the gradients
    g, with m = U'mean and |U'y| ≤ c |m|. For a given least product this is a projection
    of m; a search finds the product at which its length is that of the bound.
    """
    along = C @ mean
    bound = c * np.sqrt(max(mean @ along, 0.0))
    if bound <= _TOLERANCE * norms.max() * c:
        return np.zeros_like(mean)
    search = _Projections(C, along, norms, bound)
    y, length = search.project(0.0)
    low, high = 0.0, ((along + bound) * norms).min()
    if length >= bound:
        low, high = (along * norms).min(), 0.0
    elif not search.can_all_improve():
        return y
    product = search.next_product(0.0, y, length) if length else high
    for _ in range(_N_TRIALS):
        if not low < product < high:
            product = (low + high) / 2
        y, length = search.project(product)
        if abs(length - bound) <= _TOLERANCE * bound or not low < product < high:
            break
        if length < bound:
            low = product
        else:
            high = product
        product = search.next_product(product, y, length)
    return y


class _Projections:
    """Projections of the mean onto where all products are at least some number."""

    def __init__(
        self, C: np.ndarray, along: np.ndarray, norms: np.ndarray, bound: float
    ):
        self.C, self.along, self.bound = C, along, bound
        self.per_length = 1 / norms

    def can_all_improve(self) -> bool:
        slack = -self.per_length / self.per_length.max()
        return solve_nonnegative_qp(self.C, slack)[1]

    def project(self, product: float) -> tuple[np.ndarray, float]:
        """Return what to add to the mean, and its length: infinite if nothing does."""
        # What is further away than twice the bound does not matter, however far.
        slack = np.minimum(self.along - product * self.per_length, 2 * self.bound)
        y, exists = solve_nonnegative_qp(self.C, slack)
        return y, np.sqrt(max(y @ self.C @ y, 0.0)) if exists else np.inf

    def next_product(self, product: float, y: np.ndarray, length: float) -> float:
        """Return where the length is that of the bound, if the active tasks stay.

        The square of the length is then quadratic in the product.
        """
        active = np.flatnonzero(y)
        if not len(active) or not np.isfinite(length):
            return np.nan
        p = self.per_length[active]
        slope = p @ y[active]
        curvature = p @ np.linalg.solve(self.C[np.ix_(active, active)], p)
        missing = (self.bound - length) * (self.bound + length)
        root = slope**2 + curvature * missing
        return product + missing / (slope + np.sqrt(root)) if root >= 0 else np.nan
