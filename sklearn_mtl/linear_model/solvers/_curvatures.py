"""The second derivatives of a loss, and the Gram matrices that they make."""

from collections.abc import Sequence

import numpy as np

from sklearn_mtl.linear_model.solvers._problem import Evaluation
from sklearn_mtl.linear_model.solvers._row_problem import RowProblem
from sklearn_mtl.linear_model.solvers._rows import Rows

# Of the weight of a label: less than that is a saturated score, not a flat loss.
_FLOOR = 1e-6
Features = np.ndarray | slice


class Curvatures:
    """The second derivatives with regard to the scores, block by block.

    They are (n, k), or (n, 1) where all columns of a block have the same ones. Columns
    with the same ones are a group.
    """

    def __init__(self, problem: RowProblem, here: Evaluation) -> None:
        self.of_blocks = [
            np.maximum(block.loss.curvatures(residual, weights), _FLOOR * weights)
            for block, residual in zip(problem.blocks, here.residuals, strict=True)
            for weights in [block.weights]
        ]
        if problem.is_squared:
            self.of_blocks = [
                values[:, :1] if block.is_alike else values
                for block, values in zip(problem.blocks, self.of_blocks, strict=True)
            ]
        self.columns = [block.columns for block in problem.blocks]
        self._n_columns = [residual.shape[1] for residual in here.residuals]
        self.centre = problem.fit_intercept
        every = np.arange(problem.shape[1])
        self.group_of, self._groups = self._number_groups(
            [every[columns] for columns in self.columns], len(every)
        )

    @property
    def n_groups(self) -> int:
        """How many Gram matrices there are."""
        return sum(values.shape[1] for values in self.of_blocks)

    def find_grams(
        self, all_rows: Sequence[Rows], features: Features, others: Features
    ) -> np.ndarray:
        """Return the matrices of the groups: products of the features and others."""
        grams: np.ndarray | None = None
        for rows, values, groups in zip(
            all_rows, self.of_blocks, self._groups, strict=True
        ):
            found = rows.find_grams(values, features, others, centre=self.centre)
            if len(all_rows) == 1:
                return found
            if grams is None:
                grams = np.empty((self.n_groups, *found.shape[1:]))
            grams[groups] = found
        assert grams is not None
        return grams

    def count_work(self, m: int, n_sweeps: int, width: int) -> tuple[int, int]:
        """Return the work of sweeps over m features: with Gram matrices, with rows.

        The latter have matrices of so many features at a time.
        """
        of_grams, of_rows = 0, 0
        for n_columns, values in zip(self._n_columns, self.of_blocks, strict=True):
            n, k = values.shape
            of_grams += n * k * m + 2 * n_sweeps * m * n_columns
            of_rows += 2 * n * k * width + 4 * n_sweeps * n * n_columns
        return m * of_grams, m * of_rows

    def pay_back(self, p: int, n_evaluations: int) -> bool:
        """Return whether the matrices of all features save more than they cost.

        That is if the loss is evaluated so many times.
        """
        cost, saving = 0, 0
        for n_columns, values in zip(self._n_columns, self.of_blocks, strict=True):
            n, k = values.shape
            cost += n * k * p
            saving += (4 * n - 2 * p) * n_columns
        return cost <= n_evaluations * saving

    def _number_groups(
        self, columns: list[np.ndarray], n_columns: int
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        counts = [values.shape[1] for values in self.of_blocks]
        if sum(counts) == n_columns:
            return np.arange(n_columns), columns
        group_of, groups, end = np.empty(n_columns, dtype=np.int64), [], 0
        for of_block, count in zip(columns, counts, strict=True):
            groups.append(np.arange(end, end + count))
            group_of[of_block] = groups[-1]
            end += count
        return group_of, groups
