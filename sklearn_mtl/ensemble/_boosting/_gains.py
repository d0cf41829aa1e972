"""How much the splits on each feature gain for each task."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_mtl.ensemble._boosting._data import BoostingData


@dataclass(frozen=True)
class LeafPenalty:
    """What keeps the values of the leaves small."""

    reg_lambda: float
    min_child_weight: float

    def gain(self, gradients: np.ndarray, hessians: np.ndarray) -> np.ndarray:
        """Return twice the decrease of the loss by a leaf with these sums."""
        gains = np.zeros_like(gradients)
        has_value = (hessians > 0) & (hessians >= self.min_child_weight)
        return np.divide(
            gradients**2, hessians + self.reg_lambda, out=gains, where=has_value
        )


class TreeSplits:
    """The splits of a tree, from the bottom up, in XGBoost's numbers of nodes."""

    def __init__(self, tree: dict[str, Any]) -> None:
        left = np.array(tree["left_children"])
        self.n_nodes = len(left)
        # Children come after their parents; leaves have none.
        self.node = np.flatnonzero(left >= 0)[::-1]
        self.left = left[self.node]
        self.right = np.array(tree["right_children"])[self.node]
        self.feature = np.array(tree["split_indices"])[self.node]

    def gains(
        self,
        leaf: np.ndarray,
        gradients: np.ndarray,
        hessians: np.ndarray,
        penalty: LeafPenalty,
    ) -> np.ndarray:
        """Return the gain of each split for each output, given the leaf of each row."""
        n = len(leaf)
        one_each = (np.ones(n), leaf.astype(np.int32), np.arange(n + 1))
        are_in = sparse.csc_array(one_each, shape=(self.n_nodes, n))
        sums = are_in @ np.hstack([gradients, hessians])
        for node, left, right in zip(self.node, self.left, self.right, strict=True):
            sums[node] = sums[left] + sums[right]
        of_nodes = penalty.gain(*np.hsplit(sums, 2))
        return of_nodes[self.left] + of_nodes[self.right] - of_nodes[self.node]


def read_trees(booster: Any) -> list[TreeSplits]:
    """Return the trees of one of XGBoost's boosters."""
    learner = json.loads(booster.save_raw("json"))["learner"]
    return [TreeSplits(tree) for tree in learner["gradient_booster"]["model"]["trees"]]


def sum_gains(
    booster: Any,
    matrix: Any,
    data: BoostingData,
    n_rounds: np.ndarray,
    penalty: LeafPenalty,
) -> np.ndarray:
    """Return the sum of the gains of the splits on each feature, (n_tasks, n_features).

    The rounds are gone through once more. The gain of a split is XGBoost's, for the
    outputs of each task alone: what it takes off the penalised loss of the rows, to
    second order. Of each task, the first `n_rounds` count.
    """
    outputs = data.outputs
    gains = np.zeros((data.X.shape[1], outputs.n_outputs))
    kept = n_rounds[outputs.task]
    trees = read_trees(booster)
    leaves = booster.predict(matrix, pred_leaf=True).reshape(-1, len(trees))
    # Vector leaves, or a tree for each output.
    per_round = len(trees) // booster.num_boosted_rounds()
    columns = np.array_split(np.arange(outputs.n_outputs), per_round)
    margins = np.tile(data.constants, (len(data.X), 1))
    for tree, splits in enumerate(trees):
        number, place = divmod(tree, per_round)
        if place == 0:
            gradients, hessians = outputs.differentiate(margins, data.labels)
            margins += _sum_round(booster, matrix, number, data.constants)
        of_tree = columns[place]
        of_splits = splits.gains(
            leaves[:, tree], gradients[:, of_tree], hessians[:, of_tree], penalty
        )
        of_splits *= kept[of_tree] > number
        np.add.at(gains, np.ix_(splits.feature, of_tree), of_splits)
    return np.add.reduceat(gains.T, outputs.first, axis=0)


def _sum_round(
    booster: Any, matrix: Any, number: int, constants: np.ndarray
) -> np.ndarray:
    margins = booster.predict(
        matrix, output_margin=True, iteration_range=(number, number + 1)
    )
    return margins.reshape(-1, len(constants)) - constants
