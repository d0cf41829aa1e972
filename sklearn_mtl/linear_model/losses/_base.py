"""What the losses of one or several tasks on the same rows have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class LossEvaluation:
    """A loss at some scores, where the intercepts are the best ones for them.

    `residual` is minus the gradient with regard to the scores; `dual(s)` the value of
    the dual objective of the loss at s times the residual, for s in [0, 1].
    """

    value: float
    residual: np.ndarray
    intercept: np.ndarray
    dual: Callable[[float], float]


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
