"""What the nodes of a tree hold of each task."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_mtl.ensemble._base import LabelledRows
from sklearn_mtl.ensemble._trees._columns import TaskColumns
from sklearn_mtl.ensemble._trees._structure import list_levels

# So many values of nodes are computed at once.
_MAX_VALUES = 2**22
# A weight that changes no sum, so that a node without labels has its parent's value.
_TINY = 1e-200


class NodeValues:
    """The values of nodes, from the rows that a forest is grown on.

    The value of a node is that of its labels and, with the weight `shrinkage`, of its
    parent's value; the parent of a root has the mean over all rows.
    """

    def __init__(
        self, rows: LabelledRows, columns: TaskColumns, shrinkage: float
    ) -> None:
        self._blocks = [
            _make_block(rows, columns, tasks)
            for tasks in columns.split(_MAX_VALUES // (2 * len(rows.weights)))
        ]
        self._n_columns, self._n_tasks = columns.n_columns, len(columns.widths)
        self._shrinkage = max(shrinkage, _TINY)
        # Half the memory will do for probabilities, but not for quantities.
        self._dtype = np.float32 if columns.is_class.all() else np.float64

    def find(
        self, structure: Any, leaves: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the values of the leaves, and the decrease of impurity by feature.

        `leaves` says where the rows end up, and `counts` how often they are there. The
        decrease is (n_tasks, n_features).
        """
        used = np.flatnonzero(counts)
        shape = structure.node_count, len(counts)
        members = sparse.csr_array((counts[used], (leaves[used], used)), shape)
        is_leaf = structure.children_left < 0
        values = np.empty((is_leaf.sum(), self._n_columns), dtype=self._dtype)
        decrease = np.zeros((self._n_tasks, structure.n_features))
        levels = list_levels(structure)
        for block in self._blocks:
            sums, weights = block.sum_nodes(structure, levels, members)
            of_nodes = block.shrink(structure, levels, sums, weights, self._shrinkage)
            values[:, block.columns] = of_nodes[is_leaf]
            decrease[block.tasks] = block.find_decrease(structure, sums, weights)
        return values, decrease


@dataclass(frozen=True)
class _Block:
    """The labels of some tasks: sums of each column, and weights of each task."""

    tasks: np.ndarray
    columns: slice
    widths: np.ndarray
    is_class: np.ndarray
    sums: Any
    weights: np.ndarray
    prior: np.ndarray

    def sum_nodes(
        self, structure: Any, levels: list[np.ndarray], members: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the sums and the weights of all nodes."""
        sums, weights = members @ self.sums, members @ self.weights
        if not isinstance(sums, np.ndarray):
            sums = sums.toarray()
        left, right = structure.children_left, structure.children_right
        for level in reversed(levels):
            for of_nodes in (sums, weights):
                of_nodes[level] = of_nodes[left[level]] + of_nodes[right[level]]
        return sums, weights

    def shrink(
        self,
        structure: Any,
        levels: list[np.ndarray],
        sums: np.ndarray,
        weights: np.ndarray,
        shrinkage: float,
    ) -> np.ndarray:
        """Return the values of all nodes."""
        values = np.empty_like(sums)
        root = np.zeros(1, dtype=np.intp)

        def fill(nodes: np.ndarray, parents: np.ndarray) -> None:
            total = np.repeat(weights[nodes] + shrinkage, self.widths, axis=1)
            values[nodes] = (sums[nodes] + shrinkage * parents) / total

        fill(root, self.prior)
        for level in levels:
            fill(structure.children_left[level], values[level])
            fill(structure.children_right[level], values[level])
        return values

    def find_decrease(
        self, structure: Any, sums: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        """Return by how much the impurity falls, (n_tasks, n_features)."""
        firsts = np.cumsum(self.widths) - self.widths
        squares = np.add.reduceat(sums**2, firsts, axis=1)
        of_first_class = weights - np.add.reduceat(sums, firsts, axis=1)
        squares += np.where(self.is_class, of_first_class**2, 0.0)
        explained = squares / np.where(weights > 0, weights, 1.0)
        inner = np.flatnonzero(structure.children_left >= 0)
        decrease = (
            explained[structure.children_left[inner]]
            + explained[structure.children_right[inner]]
            - explained[inner]
        )
        shape = structure.n_features, len(inner)
        index = structure.feature[inner], np.arange(len(inner))
        return (sparse.csr_array((np.ones(len(inner)), index), shape) @ decrease).T


def _make_block(rows: LabelledRows, columns: TaskColumns, tasks: np.ndarray) -> _Block:
    weights, encoded = rows.weights[:, tasks], np.nan_to_num(rows.encoded[:, tasks])
    first, last = columns.firsts[tasks[0]], columns.firsts[tasks[-1] + 1]
    is_class, widths = columns.is_class[tasks], columns.widths[tasks]
    if is_class.all():
        row, task = np.nonzero(weights * encoded)
        column = columns.firsts[tasks][task] - first + encoded[row, task] - 1
        index = row, column.astype(np.intp)
        shape = len(weights), last - first
        sums = sparse.csr_array((weights[row, task], index), shape)
    else:
        sums = weights * encoded
    total = np.repeat(weights.sum(axis=0), widths)
    prior = sums.sum(axis=0) / total
    return _Block(tasks, slice(first, last), widths, is_class, sums, weights, prior)
