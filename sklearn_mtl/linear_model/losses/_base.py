"""What the losses of one or several tasks on the same rows have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class LossEvaluation:
    """A loss at some scores, where the intercepts are the best ones for them.

    `find_value` finds its value, for who needs it. `residual` is minus the gradient
    with regard to the scores; `dual(s)` the value of the dual objective of the loss at
    s times the residual, for s in [0, 1].
    """

    find_value: Callable[[], float]
    residual: np.ndarray
    intercept: np.ndarray
    dual: Callable[[float], float]

    @cached_property
    def value(self) -> float:
        """The value."""
        return self.find_value()


class Loss(Protocol):
    """A loss of scores Z (n, k columns), labels Y (n, k tasks) and weights alike.

    `curvature` bounds the second derivative with regard to a score.
    """

    curvature: float

    def evaluate(
        self,
        Z: np.ndarray,
        Y: np.ndarray,
        weights: np.ndarray,
        intercept: np.ndarray,
        *,
        fit_intercept: bool,
    ) -> LossEvaluation:
        """Evaluate it; the search for the intercepts starts at the given ones."""

    def curvatures(self, residual: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the second derivatives (n, k), for a loss with a score per task."""
