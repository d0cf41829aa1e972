"""Coordinate descent on a quadratic with the rows of the data."""

from dataclasses import dataclass

import numpy as np

from sklearn_mtl.linear_model.solvers._curvatures import Curvatures
from sklearn_mtl.linear_model.solvers._problem import Evaluation
from sklearn_mtl.linear_model.solvers._row_penalty import RowPenalty
from sklearn_mtl.linear_model.solvers._row_problem import RowProblem
from sklearn_mtl.linear_model.solvers._rows import Rows

BLOCK = 32
_REPEATS = 2


@dataclass
class _Features:
    """Some features: their rows of each block of tasks, and their Gram matrices."""

    index: slice
    rows: list[Rows]
    hessian: np.ndarray
    penalty: RowPenalty


class RowSweeps:
    """Passes over all rows of W.

    A few features at a time have a Gram matrix: what they change in the residuals is
    passed on by BLAS.
    """

    def __init__(
        self, problem: RowProblem, curvatures: Curvatures, penalty: RowPenalty
    ) -> None:
        from sklearn_mtl.linear_model.solvers._kernel import sweep

        self._sweep = sweep
        self._curvatures = curvatures
        self._shares = [
            values / np.maximum(values.sum(axis=0), np.spacing(0.0))
            for values in curvatures.of_blocks
        ]
        every = slice(None)
        self._features = []
        for i in range(0, problem.shape[0], BLOCK):
            index = slice(i, min(i + BLOCK, problem.shape[0]))
            rows = [block.rows.select(index) for block in problem.blocks]
            grams = curvatures.find_grams(rows, every, every)
            hessian = np.ascontiguousarray(grams.transpose(1, 2, 0))
            features = _Features(index, rows, hessian, penalty.restrict(index))
            self._features.append(features)

    def start(self, here: Evaluation) -> None:
        """Begin at what was evaluated."""
        self._residuals = [residual.copy() for residual in here.residuals]

    def sweep(self, W: np.ndarray) -> float:
        """Improve W in place; return a lower bound of the decrease."""
        return sum(self._improve(part, W[part.index]) for part in self._features)

    def _improve(self, features: _Features, W: np.ndarray) -> float:
        gradient = np.empty_like(W)
        for columns, rows, residual in zip(
            self._curvatures.columns, features.rows, self._residuals, strict=True
        ):
            gradient[:, columns] = -rows.multiply_transposed(residual)
        before = W.copy()
        penalty = features.penalty
        decrease = 0.5 * self._sweep(
            features.hessian,
            self._curvatures.group_of,
            gradient,
            W,
            penalty.l1,
            penalty.l2,
            penalty.ridge,
            penalty.positive,
            _REPEATS,
        )
        if decrease:
            self._pass_on(features.rows, W - before)
        return decrease

    def _pass_on(self, all_rows: list[Rows], change: np.ndarray) -> None:
        for b, rows in enumerate(all_rows):
            values, shares = self._curvatures.of_blocks[b], self._shares[b]
            scores = rows.multiply(change[:, self._curvatures.columns[b]])
            if self._curvatures.centre:
                if shares.shape[1] == 1:
                    scores -= shares[:, 0] @ scores
                else:
                    scores -= np.einsum("ij,ij->j", shares, scores)
            scores *= values
            self._residuals[b] -= scores
