"""How trees are grown, in numbers."""

import math
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TreeSettings:
    """Which splits a tree tries, and when it stops."""

    splitter: str
    max_features: int
    max_depth: int | None
    min_samples_split: int
    min_samples_leaf: int


def count_features(max_features: Any, n_features: int) -> int:
    """Return how many features to try for a split."""
    if max_features is None:
        return n_features
    if isinstance(max_features, Integral):
        return int(max_features)
    if isinstance(max_features, str):
        root = np.sqrt if max_features == "sqrt" else np.log2
        return max(1, int(root(n_features)))
    return max(1, int(max_features * n_features))


def count_rows(limit: Any, n_rows: int, least: int) -> int:
    """Return a number of rows that may be given as a fraction of them."""
    if isinstance(limit, Integral):
        return int(limit)
    return max(least, math.ceil(limit * n_rows))
