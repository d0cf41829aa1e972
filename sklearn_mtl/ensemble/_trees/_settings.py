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
