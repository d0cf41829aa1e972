"""A tree that several tasks share."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_mtl.ensemble._trees._growers import Grower
from sklearn_mtl.ensemble._trees._node_values import NodeValues


@dataclass(frozen=True)
class TaskTree:
    """The splits of a tree, and the values (n_leaves, n_columns) of its leaves.

    `positions` says where among them each leaf is.
    """

    structure: Any
    positions: np.ndarray
    values: np.ndarray

    def predict(self, X: Any) -> np.ndarray:
        """Return the values of the leaves that the rows end up in."""
        return self.values[self.positions[self.structure.apply(X)]]


@dataclass(frozen=True)
class GrownTree:
    """A tree, where it puts the rows of training, and how often it was grown on each.

    `decrease` says by how much a feature brought down the impurity of a task.
    """

    tree: TaskTree
    decrease: np.ndarray
    leaves: np.ndarray
    counts: np.ndarray

    def predict_unseen(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows that it was not grown on, and their values."""
        unseen = np.flatnonzero(self.counts == 0)
        return unseen, self.tree.values[self.tree.positions[self.leaves[unseen]]]


def grow_tree(
    grower: Grower, node_values: NodeValues, X: Any, counts: np.ndarray, seed: int
) -> GrownTree:
    """Grow a tree on the rows of X, each as often as it counts."""
    structure = grower.grow(counts, seed)
    leaves = structure.apply(X)
    values, decrease = node_values.find(structure, leaves, counts)
    positions = np.cumsum(structure.children_left < 0, dtype=np.int32) - 1
    tree = TaskTree(structure, positions, values)
    return GrownTree(tree, decrease, leaves, counts)


def add_trees(trees: list[TaskTree], X: Any, n_columns: int) -> np.ndarray:
    """Return the sum of what the trees predict."""
    total = np.zeros((X.shape[0], n_columns))
    for tree in trees:
        total += tree.predict(X)
    return total
