"""The smooth part of the objective, as the solvers see it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Evaluation:
    """The loss at W with the best intercepts.

    `find_value` finds its value, for who needs it. `dual(s)` is the value of the dual
    objective of the loss at s times the residuals, which is feasible if s times the
    gradient is for the penalty. `residuals` are minus the slopes with regard to the
    scores, block by block, where a problem has rows.
    """

    find_value: Callable[[], float]
    gradient: np.ndarray
    intercept: np.ndarray
    dual: Callable[[float], float]
    residuals: Sequence[np.ndarray] = ()

    @cached_property
    def value(self) -> float:
        """The value."""
        return self.find_value()


class Problem(Protocol):
    """A loss as a function of W (n_features, n_columns), the intercepts minimised out.

    `lipschitz` bounds how fast its gradient changes.
    """

    shape: tuple[int, int]

    @property
    def lipschitz(self) -> float: ...

    def evaluate(self, W: np.ndarray) -> Evaluation:
        """Evaluate the loss, its gradient and its dual."""
