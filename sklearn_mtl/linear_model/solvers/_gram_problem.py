"""The squared loss from the products of the features with each other."""

from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
from scipy.linalg.blas import dsyrk

from sklearn_mtl.linear_model._task_data import TaskData, is_sparse
from sklearn_mtl.linear_model.solvers._largest_eigenvalue import largest_eigenvalue
from sklearn_mtl.linear_model.solvers._problem import Evaluation

_CHUNK = 2**17  # values, at most, that are centred at a time
_BUDGET = 2**28  # bytes of all Gram matrices
_MANY = 16  # features per task of a group: up to so many, a Gram matrix pays at once
_FEW_FEATURES = 200  # of which Gram matrices are cheap whatever the number of rows


def prefers_grams(data: TaskData, *, is_reused: bool = False) -> bool:
    """Return whether the Gram matrices fit in memory and are the faster way.

    They are if the problem is to be solved many times, or for many tasks at a time.
    """
    if not fit_in_memory(len(data.groups), data.n_features):
        return False
    if data.n_features <= _FEW_FEATURES:
        return True
    size = len(data.groups) * data.n_features**2
    n_values = sum(data.n_values(tasks) for tasks in data.groups)
    many = len(data.groups) * data.n_features <= _MANY * data.n_tasks
    return size <= n_values and (is_reused or many)


def fit_in_memory(n_groups: int, n_features: int) -> bool:
    """Return whether so many Gram matrices are within the budget."""
    return 8 * n_groups * n_features**2 <= _BUDGET


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
            self.grams[g], self.products[:, tasks] = multiply_centred(X, Y, v, mean)
            self._target_squares[tasks] = v @ Y**2

    @cached_property
    def spectra(self) -> tuple[np.ndarray, np.ndarray]:
        """The eigenvalues and -vectors of the Gram matrices."""
        eigenvalues, vectors = np.linalg.eigh(self.grams)
        return eigenvalues, vectors

    @cached_property
    def lipschitz(self) -> float:
        return max(map(largest_eigenvalue, self.grams))

    def evaluate(self, W: np.ndarray) -> Evaluation:
        fitted = self.multiply(W)
        fits = float(np.vdot(W, self.products))
        squares = float(self._target_squares.sum())
        errors = max(squares - 2 * fits + float(np.vdot(W, fitted)), 0.0)
        return Evaluation(
            lambda: 0.5 * errors,
            fitted - self.products,
            self._target_means - (self._means * W).sum(axis=0),
            lambda s: s * (squares - fits) - 0.5 * s**2 * errors,
        )

    def restrict(self, features: np.ndarray) -> "GramProblem":
        """Return the problem of some features, without the others."""
        square = np.ix_(np.arange(len(self.grams)), features, features)
        part = copy(self)
        for cached in ("lipschitz", "spectra"):
            part.__dict__.pop(cached, None)
        part.shape = len(features), self.shape[1]
        part.grams, part.products = self.grams[square], self.products[features]
        part._means = self._means[features]
        return part

    @classmethod
    def from_parts(
        cls,
        groups: list[np.ndarray],
        grams: np.ndarray,
        products: np.ndarray,
        means: np.ndarray,
        target_means: np.ndarray,
        target_squares: float,
    ) -> "GramProblem":
        """Return the problem of targets of which the sum of the squares is known."""
        problem = cls.__new__(cls)
        problem.shape, problem.groups = products.shape, groups
        problem.grams, problem.products = grams, products
        problem._means, problem._target_means = means, target_means
        problem._target_squares = np.array([target_squares])
        return problem

    @cached_property
    def group_of(self) -> np.ndarray:
        """The group of each task."""
        group_of = np.empty(self.shape[1], dtype=np.int64)
        for g, tasks in enumerate(self.groups):
            group_of[tasks] = g
        return group_of

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


def multiply_centred(
    X: Any, Y: np.ndarray, v: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return X' diag(v) X and X' diag(v) Y for the centred X."""
    if is_sparse(X):
        gram = (X.T @ X.multiply(v[:, np.newaxis]).tocsr()).toarray()
        # The targets are centred already.
        return gram - np.outer(mean, mean), X.T @ (v[:, np.newaxis] * Y)
    # A few rows at a time stay in the cache of the processor.
    height = max(_CHUNK // X.shape[1], 1)
    gram = np.zeros((X.shape[1], X.shape[1]), order="F")
    products = np.zeros((X.shape[1], Y.shape[1]))
    root = np.sqrt(v)[:, np.newaxis]
    for i in range(0, len(X), height):
        of_rows = root[i : i + height]
        S = (X[i : i + height] - mean) * of_rows
        # Of the upper triangle alone, in place.
        gram = dsyrk(1.0, S.T, beta=1.0, c=gram, overwrite_c=True)
        products += S.T @ (of_rows * Y[i : i + height])
    return gram + np.triu(gram, 1).T, products
