"""What the trees predict for rows that they were not grown on."""

import numpy as np

from sklearn_mtl.ensemble._trees._task_tree import GrownTree


class UnseenRows:
    """What the trees that have not seen a row predict for it, added up."""

    def __init__(self, n_rows: int, n_columns: int) -> None:
        self._total = np.zeros((n_rows, n_columns))
        self._n_trees = np.zeros(n_rows)

    def add(self, grown: GrownTree) -> None:
        """Add a tree."""
        rows, values = grown.predict_unseen()
        self._total[rows] += values
        self._n_trees[rows] += 1

    @property
    def rows(self) -> np.ndarray:
        """The rows that some tree has not seen."""
        return np.flatnonzero(self._n_trees)

    @property
    def total(self) -> np.ndarray:
        """What the trees predict for these rows, added up."""
        return self._total[self.rows]

    @property
    def n_trees(self) -> np.ndarray:
        """How many trees that are, for each of these rows, as a column."""
        return self._n_trees[self.rows, np.newaxis]
