"""Accelerated proximal gradients with restarts, for any loss and penalty."""

import numpy as np

from sklearn_mtl.linear_model.solvers._check import Check
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
    check = Check(problem, regularizer, tol, lambda: step)
    current = extrapolated = start
    momentum, n_iter = 1.0, 0
    point = check(current)
    while point.distance > check.find_target(point) and n_iter < max_iter:
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
        point = check(current)
    return check.make_solution(point, n_iter)
