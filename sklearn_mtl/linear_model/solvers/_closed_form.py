"""The exact solution for the squared loss and a penalty ½ tr(W A W')."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_mtl.linear_model._task_data import TaskData, is_sparse
from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem
from sklearn_mtl.linear_model.solvers._problem import Problem


def can_separate(data: TaskData, A: np.ndarray) -> bool:
    """Return whether groups of tasks with the same weights of rows are independent."""
    return len(data.groups) == 1 or not (A - np.diag(np.diag(A))).any()


def solve_closed_form(data: TaskData, problem: Problem, A: np.ndarray) -> np.ndarray:
    """Return the W of least norm that minimises the loss plus ½ tr(W A W')."""
    W = np.empty((data.n_features, data.n_tasks))
    if isinstance(problem, GramProblem):
        for *spectrum, tasks in zip(*problem.spectra, problem.groups, strict=True):
            Q, of_group = problem.products[:, tasks], A[np.ix_(tasks, tasks)]
            W[:, tasks] = _solve_sylvester(spectrum, Q, of_group)
        return W
    for tasks in data.groups:
        X, Y, weights = data.rows(tasks)
        v = weights[:, 0]
        root = np.sqrt(v)[:, np.newaxis]
        mean = v @ X if data.fit_intercept else np.zeros(data.n_features)
        offsets = v @ Y if data.fit_intercept else 0.0
        W[:, tasks] = _solve_group(
            X, mean, root, (Y - offsets) * root, A[np.ix_(tasks, tasks)]
        )
    return W


def _solve_group(
    X: Any, mean: np.ndarray, root: np.ndarray, Y: np.ndarray, A: np.ndarray
) -> np.ndarray:
    """Solve S'S W + W A = S'Y for S = diag(root) (X - mean)."""
    if X.shape[0] < X.shape[1]:
        # W = S'C, where S S' C + C A = Y.
        spectrum = np.linalg.eigh(_kernel(X, mean, root))
        C = root * _solve_sylvester(spectrum, Y, A)
        return X.T @ C - np.outer(mean, C.sum(axis=0))
    if is_sparse(X):
        S = X.multiply(root).tocsr()
        # The square roots of the weights are a unit vector, to which Y is orthogonal.
        gram = (S.T @ S).toarray() - np.outer(mean, mean)
        return _solve_sylvester(np.linalg.eigh(gram), S.T @ Y, A)
    S = (X - mean) * root
    return _solve_sylvester(np.linalg.eigh(S.T @ S), S.T @ Y, A)


def _kernel(X: Any, mean: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Return S S' without making a sparse X dense."""
    if not is_sparse(X):
        S = (X - mean) * root
        return S @ S.T
    along = X @ mean
    products = (X @ X.T).toarray() - along - along[:, np.newaxis] + mean @ mean
    return root * products * root.T


def _solve_sylvester(
    spectrum: Sequence[np.ndarray], Q: np.ndarray, A: np.ndarray
) -> np.ndarray:
    """Solve K W + W A = Q for the K of a spectrum and a Q in its range.

    What rounding put outside of the range is left out.
    """
    eigenvalues, U = spectrum
    of_tasks, V = np.linalg.eigh(A)
    rank_zero = eigenvalues <= len(U) * np.finfo(np.float64).eps * eigenvalues[-1]
    rotated = U.T @ Q @ V
    rotated[rank_zero] = 0
    eigenvalues = np.where(rank_zero, 1.0, eigenvalues)[:, np.newaxis]
    return U @ (rotated / (eigenvalues + np.maximum(of_tasks, 0))) @ V.T
