"""Block coordinate descent with working sets, for penalties on each row of W."""

import numpy as np

from sklearn_mtl.linear_model.solvers._check import Check, Point
from sklearn_mtl.linear_model.solvers._descent import (
    descend,
    prefers_grams,
)
from sklearn_mtl.linear_model.solvers._gram_cache import find_cache
from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem
from sklearn_mtl.linear_model.solvers._problem import Problem
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer
from sklearn_mtl.linear_model.solvers._row_penalty import RowPenalty
from sklearn_mtl.linear_model.solvers._row_problem import RowProblem
from sklearn_mtl.linear_model.solvers._solution import Solution

_FIRST = 128
_GROWTH = 4
_SPARE = 8
_MOST = 0.7  # of the features: beyond it, all of them
_N_SWEEPS = 10  # that a problem takes, roughly
# How much nearer to the optimum a working set is brought than all features are.
_PROGRESS = 0.1
_SAFETY = 0.3


def solve_coordinate_descent(
    problem: GramProblem | RowProblem,
    regularizer: Regularizer,
    start: np.ndarray,
    *,
    max_iter: int,
    tol: float,
) -> Solution:
    """Minimise from the start (1, n_features, n_columns) over one row at a time.

    Rows that are far from being used are left out until the others are solved
    (Massias, Gramfort and Salmon, 2018).
    """
    penalty = regularizer.find_row_penalty(problem.shape[0])
    assert penalty is not None
    check = _make_check(problem, regularizer, tol)
    point, n_iter, size = check(start), 0, _FIRST // _GROWTH
    while point.distance > (target := check.find_target(point)) and n_iter < max_iter:
        working = _choose(point, penalty, size)
        size = len(working)
        part = _restrict(problem, working)
        if part is problem:
            of_part, here, goal = check, point, target
        else:
            of_part = _make_check(part, regularizer, tol)
            here = of_part(point.components[:, working])
            goal = max(_SAFETY * target, _PROGRESS * point.distance)
        here, n_sweeps = descend(
            part,
            penalty.restrict(working),
            of_part,
            here,
            target=goal,
            max_sweeps=max_iter - n_iter,
        )
        n_iter += max(n_sweeps, 1)
        if part is problem:
            point = here
        else:
            components = np.zeros_like(start)
            components[:, working] = here.components
            point = check(components)
    return check.make_solution(point, n_iter)


def _make_check(problem: Problem, regularizer: Regularizer, tol: float) -> Check:
    return Check(problem, regularizer, tol, lambda: 1 / (problem.lipschitz or 1.0))


def _choose(point: Point, penalty: RowPenalty, last_size: int) -> np.ndarray:
    """Return the features in use, and those that are nearest to it or beyond."""
    W = point.W
    every = np.arange(len(W))
    if not (penalty.l1.any() or penalty.l2.any()):
        return every
    used = W.any(axis=1)
    excess = penalty.find_excess(point.evaluation.gradient)
    excess[used] = np.inf
    n_used, n_wanted = int(used.sum()), int((excess > 0).sum())
    size = n_used + _SPARE + int(1.25 * (n_wanted - n_used))
    size = max(_FIRST, min(size, max(2 * n_used, _GROWTH * last_size)))
    if size >= _MOST * len(W):
        return every
    return np.sort(np.argpartition(-excess, size)[:size])


def _restrict(
    problem: GramProblem | RowProblem, working: np.ndarray
) -> GramProblem | RowProblem:
    """Return the problem of the working set, with Gram matrices where they pay."""
    is_whole = len(working) == problem.shape[0]
    if isinstance(problem, RowProblem) and problem.is_squared:
        cache = find_cache(problem)
        if prefers_grams(cache.curvatures, len(working), _N_SWEEPS):
            return cache.make_problem(working)
    return problem if is_whole else problem.restrict(working)
