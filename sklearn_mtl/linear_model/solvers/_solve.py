"""The choice of the solver."""

from collections.abc import Callable

import numpy as np

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.linear_model._task_data import TaskData
from sklearn_mtl.linear_model.losses._base import Loss
from sklearn_mtl.linear_model.losses._squared import SquaredLoss
from sklearn_mtl.linear_model.penalties._quadratic import QuadraticPenalty
from sklearn_mtl.linear_model.penalties._reweighted import ReweightedPenalty
from sklearn_mtl.linear_model.penalties._ridge import RidgePenalty
from sklearn_mtl.linear_model.solvers._closed_form import (
    can_separate,
    solve_closed_form,
)
from sklearn_mtl.linear_model.solvers._conjugate_gradient import (
    solve_conjugate_gradient,
)
from sklearn_mtl.linear_model.solvers._coordinate_descent import (
    solve_coordinate_descent,
)
from sklearn_mtl.linear_model.solvers._fista import solve_fista
from sklearn_mtl.linear_model.solvers._gram_cache import cast
from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem, prefers_grams
from sklearn_mtl.linear_model.solvers._problem import Problem
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer
from sklearn_mtl.linear_model.solvers._reweighted import solve_reweighted
from sklearn_mtl.linear_model.solvers._row_problem import RowProblem
from sklearn_mtl.linear_model.solvers._solution import Solution

SOLVERS = ("auto", "closed_form", "coordinate_descent", "fista")

# Beyond it the eigenvectors that the closed form needs cost more than iterations.
_MAX_CLOSED_FORM_SIZE = 5000
_FEW_FEATURES = 200


def make_problem(
    data: TaskData, make_loss: Callable[[int], Loss], *, is_reused: bool = False
) -> Problem:
    """Return the loss in the form that is the faster to evaluate.

    `is_reused` says that it is for many penalties.
    """
    is_squared = isinstance(make_loss(1), SquaredLoss)
    if is_squared and prefers_grams(data, is_reused=is_reused):
        return GramProblem(data)
    return RowProblem(data, make_loss)


def solve(
    data: TaskData,
    problem: Problem,
    regularizer: Regularizer,
    start: np.ndarray,
    *,
    solver: str,
    max_iter: int,
    tol: float,
    owner: str,
) -> Solution:
    """Minimise with the named solver; "auto" is the fastest that can."""
    penalty = regularizer.penalty
    if isinstance(penalty, ReweightedPenalty) and regularizer.alpha > 0:
        return solve_reweighted(
            lambda lasso, start, max_iter: solve(
                data,
                problem,
                lasso,
                start,
                solver=solver,
                max_iter=max_iter,
                tol=tol,
                owner=owner,
            ),
            problem,
            regularizer,
            penalty,
            start,
            max_iter=max_iter,
            tol=tol,
        )
    if regularizer.positive:
        start = np.maximum(start, 0)
    able = _find_able(data, problem, regularizer)
    if solver == "auto":
        solver = able[0]
    if solver not in able:
        *first, last = ["auto", *sorted(able)]
        raise parameter_error(
            "solver",
            owner,
            f"{', '.join(map(repr, first))} or {last!r} for this penalty, loss and "
            "size",
            repr(solver),
        )
    if solver == "closed_form":
        return _solve_exactly(data, problem, regularizer, max_iter=max_iter)
    problem = cast(problem, is_long=solver == "fista")
    if solver == "coordinate_descent":
        assert isinstance(problem, GramProblem | RowProblem)
        return solve_coordinate_descent(
            problem, regularizer, start, max_iter=max_iter, tol=tol
        )
    return solve_fista(problem, regularizer, start, max_iter=max_iter, tol=tol)


def _find_able(data: TaskData, problem: Problem, regularizer: Regularizer) -> list[str]:
    """Return the solvers for the loss and the penalty, from the fastest on."""
    able = ["fista"]
    if _can_descend(problem, regularizer):
        # Of many features without a threshold no few are worth to work on.
        dense = isinstance(regularizer.penalty, RidgePenalty)
        last = dense and problem.shape[0] > _FEW_FEATURES
        able.insert(int(last), "coordinate_descent")
    if _is_quadratic(data, problem, regularizer):
        able.insert(0, "closed_form")
    return able


def _can_descend(problem: Problem, regularizer: Regularizer) -> bool:
    """Return whether there is one score per label, and rows of W are for themselves."""
    if regularizer.find_row_penalty(problem.shape[0]) is None:
        return False
    return isinstance(problem, GramProblem) or (
        isinstance(problem, RowProblem) and problem.has_scalar_scores
    )


def _is_quadratic(data: TaskData, problem: Problem, regularizer: Regularizer) -> bool:
    if not _is_squared(problem) or regularizer.positive:
        return False
    if min(data.X.shape) > _MAX_CLOSED_FORM_SIZE:
        return False
    if regularizer.alpha == 0:
        return True
    if not isinstance(regularizer.penalty, QuadraticPenalty):
        return False
    return isinstance(problem, GramProblem) or can_separate(
        data, _task_matrix(data, regularizer)
    )


def _is_squared(problem: Problem) -> bool:
    return isinstance(problem, GramProblem) or (
        isinstance(problem, RowProblem) and problem.is_squared
    )


def _task_matrix(data: TaskData, regularizer: Regularizer) -> np.ndarray:
    if isinstance(regularizer.penalty, QuadraticPenalty):
        return regularizer.alpha * regularizer.penalty.task_matrix(data.n_tasks)
    return np.zeros((data.n_tasks, data.n_tasks))


def _solve_exactly(
    data: TaskData, problem: Problem, regularizer: Regularizer, *, max_iter: int
) -> Solution:
    A = _task_matrix(data, regularizer)
    n_iter, error = 1, 0.0
    if can_separate(data, A):
        W = solve_closed_form(data, problem, A)
    elif isinstance(problem, GramProblem):
        W, n_iter, error = solve_conjugate_gradient(problem, A, max_iter=max_iter)
    here = problem.evaluate(W)
    components = np.zeros((regularizer.penalty.n_components, *W.shape))
    components[0] = W
    gap = here.value + regularizer.value(components) - regularizer.dual(here)
    return Solution(
        components=components,
        intercept=here.intercept,
        n_iter=max(n_iter, 1),
        gap=max(gap, 0.0) if np.isfinite(gap) else np.nan,
        error=error,
        converged=error == 0,
    )
