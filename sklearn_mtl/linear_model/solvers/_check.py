"""Whether a point is optimal."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sklearn_mtl.linear_model.solvers._problem import Evaluation, Problem
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer
from sklearn_mtl.linear_model.solvers._solution import Solution


@dataclass(frozen=True)
class Point:
    """Components of W, the loss there, and how far the objective is from its minimum.

    `gap` is NaN where none is known; `distance` is then the length of the next step of
    a proximal gradient method, divided by its size.
    """

    components: np.ndarray
    evaluation: Evaluation
    objective: float
    gap: float
    distance: float

    @property
    def W(self) -> np.ndarray:
        """The sum of the components."""
        return self.components.sum(axis=0)


class Check:
    """Whether a point is optimal: by the duality gap, else by its next step."""

    def __init__(
        self,
        problem: Problem,
        regularizer: Regularizer,
        tol: float,
        find_step: Callable[[], float],
    ) -> None:
        self._problem, self._regularizer = problem, regularizer
        self._tol, self._find_step = tol, find_step
        self._best_dual = -np.inf

    def __call__(self, S: np.ndarray) -> Point:
        here = self._problem.evaluate(S.sum(axis=0) if len(S) > 1 else S[0])
        self._best_dual = max(self._best_dual, self._regularizer.dual(here))
        objective = here.value + self._regularizer.value(S)
        gap = objective - self._best_dual
        if np.isfinite(gap):
            # Rounding may bring it below 0.
            gap = max(gap, 0.0)
            return Point(S, here, objective, gap, gap)
        step = self._find_step()
        following = self._regularizer.prox(S - step * here.gradient, step)
        distance = float(np.linalg.norm(following - S)) / step
        return Point(S, here, objective, np.nan, distance)

    def find_target(self, point: Point) -> float:
        """Return the distance to reach for the kind of distance that the point has."""
        return self._tol * self._find_scale(point)

    def make_solution(self, point: Point, n_iter: int) -> Solution:
        """Return the point as a solution."""
        scale = self._find_scale(point)
        return Solution(
            components=point.components,
            intercept=point.evaluation.intercept,
            n_iter=max(n_iter, 1),
            gap=point.gap,
            error=point.distance / scale if scale > 0 else point.distance,
            converged=point.distance <= self.find_target(point),
        )

    def _find_scale(self, point: Point) -> float:
        if np.isnan(point.gap):
            return float(np.linalg.norm(self._at_zero.gradient))
        return self._at_zero.value

    @cached_property
    def _at_zero(self) -> Evaluation:
        return self._problem.evaluate(np.zeros(self._problem.shape))
