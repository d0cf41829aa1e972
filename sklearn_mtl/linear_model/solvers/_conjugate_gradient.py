"""The squared loss and a penalty ½ tr(W A W'), where tasks have their own rows."""

from collections.abc import Callable

import numpy as np

from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem

_TOLERANCE = 1e-12
_ROUNDING = 1e-15
# A direction between tasks that A hardly penalises ties them all together.
_WEAK = 0.01
_MAX_COARSE_SIZE = 1000

Map = Callable[[np.ndarray], np.ndarray]


def solve_conjugate_gradient(
    problem: GramProblem, A: np.ndarray, *, max_iter: int
) -> tuple[np.ndarray, int, float]:
    """Solve G_t w_t + (W A)_t = q_t; return W, iterations, relative error."""
    precondition = _make_preconditioner(problem, A)
    target = problem.products
    size, operator_size = (
        np.linalg.norm(target),
        problem.lipschitz + np.linalg.norm(A, 2),
    )
    W = np.zeros_like(target)
    residual = target.copy()
    preconditioned = precondition(residual)
    direction = preconditioned
    slope = np.vdot(residual, preconditioned)
    n_iter = 0
    while n_iter < max_iter and slope > 0:
        floor = _ROUNDING * operator_size * np.linalg.norm(W)
        if np.linalg.norm(residual) <= max(_TOLERANCE * size, floor):
            return W, n_iter, 0.0
        image = problem.multiply(direction) + direction @ A
        step = slope / np.vdot(direction, image)
        W = W + step * direction
        residual = residual - step * image
        preconditioned = precondition(residual)
        following = np.vdot(residual, preconditioned)
        direction = preconditioned + following / slope * direction
        slope = following
        n_iter += 1
    return W, n_iter, float(np.linalg.norm(residual) / (size or 1.0))


def _make_preconditioner(problem: GramProblem, A: np.ndarray) -> Map:
    """Return the inverse for each task alone, plus one for what ties them together."""
    separate, common = _solve_each(problem, A), _solve_common(problem, A)
    if common is None:
        return separate
    return lambda R: separate(R) + common(R)


def _solve_each(problem: GramProblem, A: np.ndarray) -> Map:
    eigenvalues, vectors = problem.spectra
    group_of = np.empty(problem.shape[1], dtype=int)
    for g, tasks in enumerate(problem.groups):
        group_of[tasks] = g
    sums = eigenvalues[group_of].T + np.diag(A)
    inverses = _invert(sums)
    transposed = vectors.swapaxes(1, 2)
    return lambda R: problem.multiply_by(
        vectors, inverses * problem.multiply_by(transposed, R)
    )


def _solve_common(problem: GramProblem, A: np.ndarray) -> Map | None:
    eigenvalues, vectors = np.linalg.eigh(A)
    weak = eigenvalues <= _WEAK * eigenvalues[-1]
    p, m = problem.shape[0], int(weak.sum())
    if not m or p * m > _MAX_COARSE_SIZE:
        return None
    E = vectors[:, weak]
    matrix = np.einsum("ab,ij->aibj", np.diag(eigenvalues[weak]), np.eye(p))
    for gram, tasks in zip(problem.grams, problem.groups, strict=True):
        matrix += np.einsum("ab,ij->aibj", E[tasks].T @ E[tasks], gram)
    values, U = np.linalg.eigh(matrix.reshape(m * p, m * p))
    inverses = _invert(values)

    def solve(R: np.ndarray) -> np.ndarray:
        coarse = U @ (inverses * (U.T @ (R @ E).T.ravel()))
        return coarse.reshape(m, p).T @ E.T

    return solve


def _invert(values: np.ndarray) -> np.ndarray:
    """Return the inverses, 0 for what is 0 but for rounding."""
    values = np.asarray(values)
    large = values > len(values) * np.finfo(np.float64).eps * values.max()
    return np.divide(1.0, values, np.zeros_like(values), where=large)
