"""Descent by sweeps over the rows of W, for some features or for all."""

from typing import Protocol

import numpy as np

from sklearn_mtl.linear_model.solvers._check import Check, Point
from sklearn_mtl.linear_model.solvers._curvatures import Curvatures
from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem, fit_in_memory
from sklearn_mtl.linear_model.solvers._gram_sweeps import GramSweeps
from sklearn_mtl.linear_model.solvers._problem import Evaluation
from sklearn_mtl.linear_model.solvers._row_penalty import RowPenalty
from sklearn_mtl.linear_model.solvers._row_problem import RowProblem
from sklearn_mtl.linear_model.solvers._row_sweeps import BLOCK, RowSweeps

_CYCLE = 5
_RIDGE = 1e-10  # of the trace, to keep the extrapolation stable
# Newton's method: sweeps over a quadratic, and by how much they improve it at least.
_MAX_SWEEPS = 20
_PROGRESS = 1e-3
_MAX_HALVINGS = 30
_SLACK = 1e-4


class Sweeps(Protocol):
    """Passes over the rows of W that minimise a quadratic and a penalty."""

    def start(self, here: Evaluation) -> None:
        """Begin at what was evaluated."""

    def sweep(self, W: np.ndarray) -> float:
        """Improve W in place; return a lower bound of the decrease."""


def prefers_grams(curvatures: Curvatures, m: int, n_sweeps: int) -> bool:
    """Return whether sweeps over m features are faster with their Gram matrices."""
    of_grams, of_rows = curvatures.count_work(m, n_sweeps, BLOCK)
    return of_grams <= of_rows and fit_in_memory(curvatures.n_groups, m)


def descend(
    problem: GramProblem | RowProblem,
    penalty: RowPenalty,
    check: Check,
    point: Point,
    *,
    target: float,
    max_sweeps: int,
) -> tuple[Point, int]:
    """Improve the point to a distance from the optimum; return the sweeps it took."""
    if isinstance(problem, RowProblem) and not problem.is_squared:
        return _descend_newton(problem, penalty, check, point, target, max_sweeps)
    return _descend_squared(problem, penalty, check, point, target, max_sweeps)


def _descend_squared(
    problem: GramProblem | RowProblem,
    penalty: RowPenalty,
    check: Check,
    point: Point,
    target: float,
    max_sweeps: int,
) -> tuple[Point, int]:
    """Sweep, and now and then extrapolate the sweeps (Bertrand and Massias, 2021)."""
    sweeps: Sweeps
    if isinstance(problem, GramProblem):
        sweeps = GramSweeps(problem.grams, problem.group_of, penalty)
    else:
        sweeps = RowSweeps(problem, Curvatures(problem, point.evaluation), penalty)
    n_sweeps = 0
    while point.distance > target and n_sweeps < max_sweeps:
        sweeps.start(point.evaluation)
        W = point.W.copy()
        iterates, decrease = [W.copy()], 0.0
        for _ in range(min(_CYCLE, max_sweeps - n_sweeps)):
            decrease += (step := sweeps.sweep(W))
            iterates.append(W.copy())
            n_sweeps += 1
            if step == 0:
                break
        if decrease == 0:
            break
        guess = _extrapolate(iterates, positive=penalty.positive)
        following = check(guess[np.newaxis])
        if not following.objective <= point.objective - decrease:
            following = check(W[np.newaxis])
        point = following
    return point, n_sweeps


def _extrapolate(iterates: list[np.ndarray], *, positive: bool) -> np.ndarray:
    """Return where the iterates head for (Anderson, 1965)."""
    moves = np.diff([W.ravel() for W in iterates], axis=0)
    products = moves @ moves.T
    products += _RIDGE * np.trace(products) * np.eye(len(moves))
    shares = np.linalg.solve(products, np.ones(len(moves)))
    guess = np.tensordot(shares / shares.sum(), iterates[1:], 1)
    return np.maximum(guess, 0) if positive else guess


def _descend_newton(
    problem: RowProblem,
    penalty: RowPenalty,
    check: Check,
    point: Point,
    target: float,
    max_sweeps: int,
) -> tuple[Point, int]:
    """Sweep over the quadratic at a point, then over that at the next."""
    n_sweeps = 0
    while point.distance > target and n_sweeps < max_sweeps:
        curvatures = Curvatures(problem, point.evaluation)
        sweeps: Sweeps
        if prefers_grams(curvatures, problem.shape[0], _MAX_SWEEPS // 2):
            every = slice(None)
            all_rows = [block.rows for block in problem.blocks]
            grams = curvatures.find_grams(all_rows, every, every)
            sweeps = GramSweeps(grams, curvatures.group_of, penalty)
        else:
            sweeps = RowSweeps(problem, curvatures, penalty)
        sweeps.start(point.evaluation)
        W, first = point.W.copy(), 0.0
        for _ in range(min(_MAX_SWEEPS, max_sweeps - n_sweeps)):
            step = sweeps.sweep(W)
            n_sweeps += 1
            first = max(first, step)
            if step <= _PROGRESS * first:
                break
        following = _search(check, point, W)
        if following is None:
            break
        point = following
    return point, n_sweeps


def _search(check: Check, point: Point, W: np.ndarray) -> Point | None:
    """Return the first point from W back to the present one that is low enough."""
    move = W - point.W
    slope, size = None, 1.0
    for _ in range(_MAX_HALVINGS):
        there = check((point.W + size * move)[np.newaxis])
        if slope is None:
            change = there.objective - there.evaluation.value
            change -= point.objective - point.evaluation.value
            slope = min(float(np.vdot(point.evaluation.gradient, move)) + change, 0.0)
        if there.objective <= point.objective + _SLACK * size * slope:
            return there
        size /= 2
    return None
