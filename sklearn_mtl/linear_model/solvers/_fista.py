"""Accelerated proximal gradients with restarts, for any loss and penalty."""

import numpy as np

from sklearn_mtl.linear_model.solvers._problem import Problem
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer
from sklearn_mtl.linear_model.solvers._solution import Solution

_CHECK_EVERY = 10


def solve_fista(
    problem: Problem,
    regularizer: Regularizer,
    start: np.ndarray,
    *,
    max_iter: int,
    tol: float,
) -> Solution:
    """Minimise from the start (n_components, n_features, n_columns).

    Beck and Teboulle (2009), restarted where the momentum points uphill (O'Donoghue and
    Candès, 2015).
    """
    # W is the sum of its components: their joint curvature is as many times larger.
    step = 1 / (len(start) * (problem.lipschitz or 1.0))
    check = _Check(problem, regularizer, step, tol)
    current = extrapolated = start
    momentum, n_iter = 1.0, 0
    solution = check(current, n_iter)
    while not solution.converged and n_iter < max_iter:
        for _ in range(min(_CHECK_EVERY, max_iter - n_iter)):
            gradient = problem.evaluate(extrapolated.sum(axis=0)).gradient
            following = regularizer.prox(extrapolated - step * gradient, step)
            move = following - current
            if np.vdot(extrapolated - following, move) > 0:
                momentum = 1.0
            faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            extrapolated = following + (momentum - 1) / faster * move
            current, momentum = following, faster
            n_iter += 1
        solution = check(current, n_iter)
    return solution


class _Check:
    """Whether a point is optimal: by the duality gap, else by its next step."""

    def __init__(
        self, problem: Problem, regularizer: Regularizer, step: float, tol: float
    ) -> None:
        self._problem, self._regularizer = problem, regularizer
        self._step, self._tol = step, tol
        at_zero = problem.evaluate(np.zeros(problem.shape))
        self._loss_at_zero = at_zero.value
        self._slope_at_zero = float(np.linalg.norm(at_zero.gradient))
        self._best_dual = -np.inf

    def __call__(self, S: np.ndarray, n_iter: int) -> Solution:
        here = self._problem.evaluate(S.sum(axis=0))
        self._best_dual = max(self._best_dual, self._regularizer.dual(here))
        gap = here.value + self._regularizer.value(S) - self._best_dual
        if np.isfinite(gap):
            # Rounding may bring it below 0.
            gap = max(gap, 0.0)
            size, scale = gap, self._loss_at_zero
        else:
            gap = np.nan
            following = self._regularizer.prox(
                S - self._step * here.gradient, self._step
            )
            size = float(np.linalg.norm(following - S)) / self._step
            scale = self._slope_at_zero
        return Solution(
            components=S,
            intercept=here.intercept,
            n_iter=max(n_iter, 1),
            gap=gap,
            error=size / scale if scale > 0 else size,
            converged=size <= self._tol * scale,
        )
