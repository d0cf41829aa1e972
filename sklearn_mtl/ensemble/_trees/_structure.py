"""The splits of a tree, without what it predicts: scikit-learn's own object."""

from typing import Any

import numpy as np
from sklearn.tree._tree import NODE_DTYPE, Tree


def make_structure(n_features: int, nodes: np.ndarray, max_depth: int) -> Any:
    """Return a tree with these nodes, in the dtype that scikit-learn has for them."""
    structure = Tree(n_features, np.ones(1, dtype=np.intp), 1)
    structure.__setstate__(
        {
            "max_depth": max_depth,
            "node_count": len(nodes),
            "nodes": nodes,
            "values": np.zeros((len(nodes), 1, 1)),
        }
    )
    return structure


def without_values(tree: Any) -> Any:
    """Return the splits of a tree that scikit-learn has grown."""
    nodes = tree.__getstate__()["nodes"]
    return make_structure(tree.n_features, nodes, tree.max_depth)


def make_nodes(
    left: np.ndarray,
    right: np.ndarray,
    feature: np.ndarray,
    threshold: np.ndarray,
    missing_left: np.ndarray,
    n_rows: np.ndarray,
) -> np.ndarray:
    """Return nodes as scikit-learn has them; -1 is no child."""
    nodes = np.zeros(len(left), dtype=NODE_DTYPE)
    is_leaf = left < 0
    nodes["left_child"], nodes["right_child"] = left, right
    nodes["feature"] = np.where(is_leaf, -2, feature)
    nodes["threshold"] = np.where(is_leaf, -2, threshold)
    nodes["missing_go_to_left"] = missing_left
    nodes["n_node_samples"] = nodes["weighted_n_node_samples"] = n_rows
    return nodes


def list_levels(structure: Any) -> list[np.ndarray]:
    """Return the nodes that are split, level by level from the root."""
    left, right = structure.children_left, structure.children_right
    level, levels = np.zeros(1, dtype=np.intp), []
    while len(level := level[left[level] >= 0]):
        levels.append(level)
        level = np.concatenate([left[level], right[level]])
    return levels
