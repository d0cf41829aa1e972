"""Penalties that are not convex, by a series of lassos."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sklearn_mtl.linear_model.penalties._reweighted import ReweightedPenalty
from sklearn_mtl.linear_model.penalties._weighted_lasso import WeightedLassoPenalty
from sklearn_mtl.linear_model.solvers._problem import Problem
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer
from sklearn_mtl.linear_model.solvers._solution import Solution

# Solves a regularised problem from a start in so many iterations.
SolveStage = Callable[[Regularizer, np.ndarray, int], Solution]


def solve_reweighted(
    solve_stage: SolveStage,
    problem: Problem,
    regularizer: Regularizer,
    penalty: ReweightedPenalty,
    start: np.ndarray,
    *,
    max_iter: int,
    tol: float,
) -> Solution:
    """Minimise by majorising: each stage starts where the last one ended.

    A lasso that touches the penalty there is nowhere below it, so that the objective
    never grows. The first stage does not depend on the start: a feature that is out of
    it could not come in.
    """
    at_zero = problem.evaluate(np.zeros(problem.shape))
    reach = np.abs(at_zero.gradient).sum(axis=1).max() / (problem.lipschitz or 1.0)
    lasso = penalty._start(problem.shape[0], reach or 1.0)
    solution = _solve(solve_stage, regularizer, lasso, start, max_iter)
    value = _evaluate(problem, regularizer, solution)
    n_iter, decrease = solution.n_iter, np.inf
    while solution.converged and decrease > tol * at_zero.value and n_iter < max_iter:
        lasso = penalty._majorise(solution.components[0])
        following = _solve(
            solve_stage, regularizer, lasso, solution.components, max_iter - n_iter
        )
        n_iter += following.n_iter
        lower = _evaluate(problem, regularizer, following)
        decrease = value - lower
        # A stage may undo as much as it is short of its minimum.
        if decrease > 0:
            solution, value = following, lower
    settled = decrease <= tol * at_zero.value
    error = max(decrease / (at_zero.value or 1.0), solution.error)
    return replace(
        solution,
        n_iter=n_iter,
        gap=np.nan,
        error=0.0 if settled and solution.converged else error,
        converged=solution.converged and settled,
    )


def _solve(
    solve_stage: SolveStage,
    regularizer: Regularizer,
    lasso: WeightedLassoPenalty,
    start: np.ndarray,
    max_iter: int,
) -> Solution:
    return solve_stage(replace(regularizer, penalty=lasso), start, max_iter)


def _evaluate(problem: Problem, regularizer: Regularizer, solution: Solution) -> float:
    W = solution.components.sum(axis=0)
    return problem.evaluate(W).value + regularizer.value(solution.components)
