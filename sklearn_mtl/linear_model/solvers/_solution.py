"""What a solver returns."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Solution:
    """The components of W (n_components, n_features, n_columns) and how good they are.

    `gap` is NaN where no duality gap is known; `error` is then the relative size of the
    step that the solver would take next, and otherwise the relative gap.
    """

    components: np.ndarray
    intercept: np.ndarray
    n_iter: int
    gap: float
    error: float
    converged: bool
