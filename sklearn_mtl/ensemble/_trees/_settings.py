"""How trees are grown, in numbers."""

import math
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

# More features than these hardly help a split, and make trees alike.
_MANY_FEATURES = 32


@dataclass(frozen=True)
class TreeSettings:
    """Which splits a tree tries, and when it stops."""

    splitter: str
    max_features: int
    max_depth: int | None
    min_samples_split: int
    min_samples_leaf: int

    def count_nodes(self, n_rows: int) -> int:
        """Return how many nodes a tree of so many rows has at most."""
        n_leaves = max(n_rows // self.min_samples_leaf, 1)
        if self.max_depth is not None:
            n_leaves = min(n_leaves, 2 ** int(self.max_depth))
        return 2 * n_leaves - 1


def count_features(max_features: Any, n_features: int) -> int:
    """Return how many features to try for a split."""
    if max_features is None:
        return n_features
    if isinstance(max_features, Integral):
        return int(max_features)
    if max_features == "log2":
        return max(1, int(np.log2(n_features)))
    if max_features == "sqrt":
        return max(1, math.isqrt(n_features))
    if max_features == "auto":
        return max(1, math.isqrt(n_features), min(n_features // 2, _MANY_FEATURES))
    return max(1, int(max_features * n_features))


def count_rows(limit: Any, n_rows: int, least: int) -> int:
    """Return a number of rows that may be given as a fraction of them."""
    if isinstance(limit, Integral):
        return int(limit)
    return max(least, math.ceil(limit * n_rows))
