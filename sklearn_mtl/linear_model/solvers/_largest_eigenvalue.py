"""The largest eigenvalue of X' diag(v) X, which bounds the curvature of a loss."""

from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

_SMALL = 200
_TOLERANCE = 1e-3


def largest_eigenvalue(matrix: np.ndarray) -> float:
    """Return an upper bound near the largest eigenvalue of a symmetric matrix."""
    if len(matrix) <= _SMALL:
        return float(np.linalg.eigvalsh(matrix)[-1])
    return _by_lanczos(LinearOperator(matrix.shape, matvec=matrix.__matmul__))


def largest_curvature(X: Any, weights: np.ndarray, *, centre: bool) -> float:
    """Return the same of X' diag(v) X, its columns centred by weight or not."""
    mean = weights @ X if centre else np.zeros(X.shape[1])

    def multiply(w: np.ndarray) -> np.ndarray:
        z = weights * (X @ w.ravel() - mean @ w.ravel())
        return X.T @ z - mean * z.sum()

    n_features = X.shape[1]
    if n_features <= _SMALL:
        columns = [multiply(unit) for unit in np.eye(n_features)]
        return float(np.linalg.eigvalsh(np.array(columns))[-1])
    operator = LinearOperator((n_features, n_features), matvec=multiply)
    return _by_lanczos(operator)


def _by_lanczos(operator: Any) -> float:
    start = np.random.RandomState(0).standard_normal(operator.shape[0])
    if not operator.matvec(start).any():
        return 0.0
    found = eigsh(
        operator, 1, which="LA", v0=start, tol=_TOLERANCE, return_eigenvectors=False
    )
    return float(found[0]) * (1 + 10 * _TOLERANCE)
