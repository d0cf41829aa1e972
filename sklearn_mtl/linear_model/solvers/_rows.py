"""The rows of some tasks, and their products with what has a column per task."""

from functools import cached_property
from typing import Any, Protocol

import numpy as np
from scipy import sparse

from sklearn_mtl.linear_model._task_data import is_sparse

# W with fewer rows than one in so many is multiplied with the columns of X it needs.
_FEW_ROWS = 3


class Rows(Protocol):
    """Inputs of n rows and p features, for k columns of W."""

    def multiply(self, W: np.ndarray) -> np.ndarray:
        """Return the scores (n, k)."""

    def multiply_transposed(self, E: np.ndarray) -> np.ndarray:
        """Return the sums of the inputs (p, k), weighted by E (n, k)."""

    def select(self, features: Any) -> "Rows":
        """Return the same rows with some features, an index or a slice."""

    def find_grams(
        self, weights: np.ndarray, features: Any, others: Any, *, centre: bool
    ) -> np.ndarray:
        """Return X' diag(v) X for the columns v of the weights, less the means or not.

        The rows of the matrices are the features, their columns the others.
        """


class SharedRows:
    """Rows that are the same for all columns, which may be sparse."""

    def __init__(self, X: Any) -> None:
        self.X = X

    def multiply(self, W: np.ndarray) -> np.ndarray:
        if not is_sparse(self.X):
            used = np.flatnonzero(W.any(axis=1))
            if _FEW_ROWS * len(used) < len(W):
                return self.X[:, used] @ W[used]
        return self.X @ W

    def multiply_transposed(self, E: np.ndarray) -> np.ndarray:
        if is_sparse(self.X):
            return self.X.T @ E
        # The transpose of a product of few rows is the faster way to BLAS.
        return (E.T @ self.X).T

    def select(self, features: Any) -> "SharedRows":
        if is_sparse(self.X):
            return SharedRows(self._columns[:, features])
        return SharedRows(np.asfortranarray(self.X[:, features]))

    def find_grams(
        self, weights: np.ndarray, features: Any, others: Any, *, centre: bool
    ) -> np.ndarray:
        same = features is others
        if is_sparse(self.X):
            left = self._columns[:, features]
            right = left if same else self._columns[:, others]
            products = [_multiply_sparse(left, v, right, centre) for v in weights.T]
            return np.array(products)
        left = self.X[:, features]
        right = left if same else self.X[:, others]
        return np.array([_multiply(left, v, right, centre) for v in weights.T])

    @cached_property
    def _columns(self) -> Any:
        return sparse.csc_array(self.X)


class StackedRows:
    """Rows of each task's own, (n_tasks, n, p), filled up with rows of weight 0.

    A task has `width` columns of W.
    """

    def __init__(self, X: np.ndarray, width: int) -> None:
        self.X, self._width = X, width

    def multiply(self, W: np.ndarray) -> np.ndarray:
        scores = self.X @ self._split(W)
        return scores.swapaxes(0, 1).reshape(self.X.shape[1], -1)

    def multiply_transposed(self, E: np.ndarray) -> np.ndarray:
        sums = self.X.swapaxes(1, 2) @ self._split(E)
        return sums.swapaxes(0, 1).reshape(self.X.shape[2], -1)

    def select(self, features: Any) -> "StackedRows":
        return StackedRows(np.ascontiguousarray(self.X[:, :, features]), self._width)

    def find_grams(
        self, weights: np.ndarray, features: Any, others: Any, *, centre: bool
    ) -> np.ndarray:
        v = weights.T[:, :, np.newaxis]
        left = self.X[:, :, features]
        right = left if features is others else self.X[:, :, others]
        if centre:
            total = np.maximum(v.sum(axis=1, keepdims=True), np.spacing(0.0))
            left = left - (v * left).sum(axis=1, keepdims=True) / total
            right = right - (v * right).sum(axis=1, keepdims=True) / total
        return left.swapaxes(1, 2) @ (v * right)

    def _split(self, W: np.ndarray) -> np.ndarray:
        return W.reshape(len(W), len(self.X), self._width).swapaxes(0, 1)


def _multiply(
    left: np.ndarray, v: np.ndarray, right: np.ndarray, centre: bool
) -> np.ndarray:
    # From the root of the weights on both sides BLAS makes half of a square only.
    same, root = left is right, np.sqrt(v)[:, np.newaxis]
    total = v.sum()
    if centre and total > 0:
        left = left - v @ left / total
        right = left if same else right - v @ right / total
    left = left * root
    return left.T @ (left if same else right * root)


def _multiply_sparse(left: Any, v: np.ndarray, right: Any, centre: bool) -> np.ndarray:
    product = (left.T @ right.multiply(v[:, np.newaxis]).tocsc()).toarray()
    total = v.sum()
    if centre and total > 0:
        product -= np.outer(v @ left, v @ right) / total
    return product


def stack(parts: list[np.ndarray]) -> np.ndarray:
    """Return arrays of the same width on top of each other, filled up with zeros."""
    height = max(map(len, parts))
    stacked = np.zeros((len(parts), height, *parts[0].shape[1:]))
    for whole, part in zip(stacked, parts, strict=True):
        whole[: len(part)] = part
    return stacked
