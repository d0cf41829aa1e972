"""The choice of the solver."""

from collections.abc import Callable

import numpy as np

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.linear_model._task_data import TaskData
from sklearn_mtl.linear_model.losses._base import Loss
from sklearn_mtl.linear_model.losses._squared import SquaredLoss
from sklearn_mtl.linear_model.penalties._quadratic import QuadraticPenalty
from sklearn_mtl.linear_model.solvers._closed_form import (
    can_separate,
    solve_closed_form,
)
from sklearn_mtl.linear_model.solvers._conjugate_gradient import (
    solve_conjugate_gradient,
)
from sklearn_mtl.linear_model.solvers._fista import solve_fista
from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem, prefers_grams
from sklearn_mtl.linear_model.solvers._problem import Problem
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer
from sklearn_mtl.linear_model.solvers._row_problem import RowProblem
from sklearn_mtl.linear_model.solvers._solution import Solution

SOLVERS = ("auto", "closed_form", "fista")

# Beyond it the eigenvectors that the closed form needs cost more than iterations.
_MAX_CLOSED_FORM_SIZE = 5000


def make_problem(data: TaskData, make_loss: Callable[[int], Loss]) -> Problem:
    """Return the loss in the form that is the faster to evaluate."""
    if isinstance(make_loss(1), SquaredLoss) and prefers_grams(data):
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
    """Minimise with the named solver; "auto" is the closed form where there is one."""
    exact = solver != "fista" and _is_quadratic(data, problem, regularizer)
    if exact:
        return _solve_exactly(data, problem, regularizer, max_iter=max_iter)
    if solver == "closed_form":
        raise parameter_error(
            "solver",
            owner,
            "'auto' or 'fista' for this penalty, loss and size, of which there is no "
            "closed form",
            repr(solver),
        )
    return solve_fista(problem, regularizer, start, max_iter=max_iter, tol=tol)


def _is_quadratic(data: TaskData, problem: Problem, regularizer: Regularizer) -> bool:
    if not _is_squared(problem):
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
