"""Coordinate descent on a quadratic with Gram matrices."""

import numpy as np

from sklearn_mtl.linear_model.solvers._problem import Evaluation
from sklearn_mtl.linear_model.solvers._row_penalty import RowPenalty

# Of up to so many features all gradients are kept up to date.
_SMALL = 160
_BLOCK = 64
_REPEATS = 2


class GramSweeps:
    """Passes over all rows of W, for second derivatives `grams` (n_groups, m, m).

    Of many features, the gradients are found block by block by BLAS.
    """

    def __init__(
        self, grams: np.ndarray, group_of: np.ndarray, penalty: RowPenalty
    ) -> None:
        # The compiler takes a second, which who does not come here need not wait for.
        from sklearn_mtl.linear_model.solvers._kernel import sweep

        self._sweep = sweep
        self._grams, self._group_of = grams, group_of
        m = grams.shape[1]
        size = m if m <= _SMALL or len(grams) > 1 else _BLOCK
        self._blocks = [slice(i, i + size) for i in range(0, m, size)]
        self._hessians = [
            np.ascontiguousarray(grams[:, block, block].transpose(1, 2, 0))
            for block in self._blocks
        ]
        self._penalties = [penalty.restrict(block) for block in self._blocks]

    def start(self, here: Evaluation) -> None:
        """Begin at what was evaluated."""
        self._gradient = np.array(here.gradient, order="C")
        self._moved = np.zeros_like(self._gradient)

    def sweep(self, W: np.ndarray) -> float:
        """Improve W in place; return a lower bound of the decrease."""
        if len(self._blocks) == 1:
            return self._pass(0, self._gradient, W, 1)
        decrease = 0.0
        for b, block in enumerate(self._blocks):
            gradient = self._gradient[block] + self._grams[0][block] @ self._moved
            rows = W[block]
            before = rows.copy()
            decrease += self._pass(b, gradient, rows, _REPEATS)
            self._moved[block] += rows - before
        return decrease

    def _pass(
        self, b: int, gradient: np.ndarray, rows: np.ndarray, n_sweeps: int
    ) -> float:
        penalty = self._penalties[b]
        return 0.5 * self._sweep(
            self._hessians[b],
            self._group_of,
            gradient,
            rows,
            penalty.l1,
            penalty.l2,
            penalty.ridge,
            penalty.positive,
            n_sweeps,
        )
