"""The squared loss from the products of the features with each other."""

from functools import cached_property
from typing import Any

import numpy as np

from sklearn_mtl.linear_model._task_data import TaskData, is_sparse
from sklearn_mtl.linear_model.solvers._largest_eigenvalue import largest_eigenvalue
from sklearn_mtl.linear_model.solvers._problem import Evaluation

_BUDGET = 2**28  # bytes of all Gram matrices
_FEW_FEATURES = 200  # of which Gram matrices are cheap whatever the number of rows


def prefers_grams(data: TaskData) -> bool:
    """Return whether the Gram matrices fit in memory and are the faster way."""
    size = len(data.groups) * data.n_features**2
    n_values = sum(data.n_values(tasks) for tasks in data.groups)
    pays = data.n_features <= _FEW_FEATURES or size <= n_values
    return pays and 8 * size <= _BUDGET


class GramProblem:
    """½ Σ_t ‖y_t - X_t w_t‖² weighted and centred, with one Gram matrix per group.

    The tasks of a group have the same weights of rows.
    """

    def __init__(self, data: TaskData) -> None:
        p, T = self.shape = data.n_features, data.n_tasks
        self.groups = data.groups
        self.grams = np.empty((len(self.groups), p, p))
        self.products = np.empty(self.shape)
        self._means = np.zeros(self.shape)
        self._target_means = np.zeros(T)
        self._target_squares = np.empty(T)
        for g, tasks in enumerate(self.groups):
            X, Y, weights = data.rows(tasks)
            v = weights[:, 0]
            if data.fit_intercept:
                self._target_means[tasks] = v @ Y
                Y = Y - v @ Y
                self._means[:, tasks] = (v @ X)[:, np.newaxis]
            mean = self._means[:, tasks[0]]
            self.grams[g], self.products[:, tasks] = _multiply(X, Y, v, mean)
            self._target_squares[tasks] = v @ Y**2

    @cached_property
    def lipschitz(self) -> float:
        return max(map(largest_eigenvalue, self.grams))

    def evaluate(self, W: np.ndarray) -> Evaluation:
        fitted = self.multiply(W)
        fits = float(np.vdot(W, self.products))
        squares = float(self._target_squares.sum())
        errors = max(squares - 2 * fits + float(np.vdot(W, fitted)), 0.0)
        return Evaluation(
            0.5 * errors,
            fitted - self.products,
            self._target_means - (self._means * W).sum(axis=0),
            lambda s: s * (squares - fits) - 0.5 * s**2 * errors,
        )

    def multiply(self, W: np.ndarray) -> np.ndarray:
        """Return the product of each task's Gram matrix and its coefficients."""
        return self.multiply_by(self.grams, W)

    def multiply_by(self, matrices: np.ndarray, W: np.ndarray) -> np.ndarray:
        """Return the product of the matrix of each task's group and its column."""
        if len(self.groups) == 1:
            return matrices[0] @ W
        if len(self.groups) == self.shape[1]:
            return np.matmul(matrices, W.T[:, :, np.newaxis])[:, :, 0].T
        product = np.empty_like(W)
        for matrix, tasks in zip(matrices, self.groups, strict=True):
            product[:, tasks] = matrix @ W[:, tasks]
        return product


def _multiply(
    X: Any, Y: np.ndarray, v: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return X' diag(v) X and X' diag(v) Y for the centred X."""
    if is_sparse(X):
        gram = (X.T @ X.multiply(v[:, np.newaxis]).tocsr()).toarray()
        # The targets are centred already.
        return gram - np.outer(mean, mean), X.T @ (v[:, np.newaxis] * Y)
    root = np.sqrt(v)[:, np.newaxis]
    X = (X - mean) * root
    return X.T @ X, X.T @ (root * Y)
