"""Grow a tree on labels of which some are missing; to import it takes a moment."""

from typing import NamedTuple

import numpy as np

from sklearn_mtl._compiled import compiled
from sklearn_mtl.ensemble._trees._worth import (
    Cells,
    Sums,
    clear_left,
    is_better,
    make_sums,
    move_left,
    sum_labels,
    update_worth,
)

# Values that are closer are not told apart, as in scikit-learn's trees.
_SAME_VALUE = np.float32(1e-7)


class Columns(NamedTuple):
    """A table column by column; of a dense one, `rows` and `starts` are empty."""

    values: np.ndarray
    rows: np.ndarray
    starts: np.ndarray
    n_features: int


class Rules(NamedTuple):
    """Which splits to try, and when to stop."""

    max_features: int
    max_depth: int
    min_samples_split: int
    min_samples_leaf: int
    is_random: bool


class Split(NamedTuple):
    """A split of the rows of a node; without a feature if there is none."""

    gain: float
    feature: int
    threshold: float
    missing_left: bool


class Nodes(NamedTuple):
    """The nodes of a tree, level by level, and where their rows are.

    One that is not split has no feature.
    """

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    depth: np.ndarray
    start: np.ndarray
    end: np.ndarray


@compiled
def grow(
    columns: Columns,
    cells: Cells,
    rows: np.ndarray,
    rules: Rules,
    rng: np.random.Generator,
) -> Nodes:
    """Grow a tree on these rows, which end up node by node."""
    nodes = _make_nodes(2 * len(rows) - 1)
    nodes.end[0] = len(rows)
    place = np.full(len(cells.starts) - 1, -1)
    place[rows] = np.arange(len(rows))
    features = np.arange(columns.n_features)
    room = make_sums(cells)
    node, n_nodes = 0, 1
    while node < n_nodes:
        start, end = nodes.start[node], nodes.end[node]
        members = rows[start:end]
        sums, is_pure = sum_labels(cells, members, room)
        if (
            not is_pure
            and nodes.depth[node] < rules.max_depth
            and end - start >= rules.min_samples_split
            and end - start >= 2 * rules.min_samples_leaf
        ):
            split = _find_split(
                columns, cells, members, start, place, sums, features, rules, rng
            )
            if split.feature >= 0:
                middle = start + _partition(columns, split, members, start, place)
                _add_children(nodes, node, n_nodes, split, middle)
                n_nodes += 2
        node += 1
    return Nodes(
        nodes.left[:n_nodes],
        nodes.right[:n_nodes],
        nodes.feature[:n_nodes],
        nodes.threshold[:n_nodes],
        nodes.missing_left[:n_nodes],
        nodes.depth[:n_nodes],
        nodes.start[:n_nodes],
        nodes.end[:n_nodes],
    )


@compiled
def _make_nodes(capacity: int) -> Nodes:
    return Nodes(
        np.full(capacity, -1),
        np.full(capacity, -1),
        np.full(capacity, -1),
        np.zeros(capacity),
        np.zeros(capacity, np.bool_),
        np.zeros(capacity, np.int64),
        np.zeros(capacity, np.int64),
        np.zeros(capacity, np.int64),
    )


@compiled
def _add_children(
    nodes: Nodes, node: int, child: int, split: Split, middle: int
) -> None:
    nodes.feature[node] = split.feature
    nodes.threshold[node] = split.threshold
    nodes.missing_left[node] = split.missing_left
    nodes.left[node], nodes.right[node] = child, child + 1
    nodes.depth[child : child + 2] = nodes.depth[node] + 1
    nodes.start[child], nodes.end[child] = nodes.start[node], middle
    nodes.start[child + 1], nodes.end[child + 1] = middle, nodes.end[node]


@compiled
def _find_split(
    columns: Columns,
    cells: Cells,
    members: np.ndarray,
    start: int,
    place: np.ndarray,
    sums: Sums,
    features: np.ndarray,
    rules: Rules,
    rng: np.random.Generator,
) -> Split:
    """Return the best split by some of the features, drawn at random.

    Features are drawn beyond their number while all that were have one value.
    """
    best = Split(-1.0, -1, 0.0, False)
    values = np.empty(len(members), np.float32)
    n_left, n_drawn, all_constant = len(features), 0, True
    while n_left > 0 and (n_drawn < rules.max_features or all_constant):
        k = rng.integers(0, n_left)
        n_left, n_drawn = n_left - 1, n_drawn + 1
        features[k], features[n_left] = features[n_left], features[k]
        feature = features[n_left]
        _gather(columns, feature, members, start, place, values)
        n_missing, low, high = _find_range(values)
        if n_missing == len(values) or (n_missing == 0 and high <= low + _SAME_VALUE):
            continue
        all_constant = False
        if rules.is_random:
            threshold = low + rng.random() * (np.float64(high) - low)
            missing_left = n_missing > 0 and rng.random() < 0.5
            gain, n_to_left = _try_split(
                cells, members, values, sums, threshold, missing_left
            )
            if min(n_to_left, len(values) - n_to_left) < rules.min_samples_leaf:
                continue
            if n_missing == 0:
                missing_left = 2 * n_to_left > len(values)
            split = Split(gain, feature, threshold, missing_left)
        else:
            split = _search_splits(
                cells, members, values, sums, feature, n_missing, rules
            )
        if is_better(split.gain, best.gain):
            best = split
    return best


@compiled
def _gather(
    columns: Columns,
    feature: int,
    members: np.ndarray,
    start: int,
    place: np.ndarray,
    values: np.ndarray,
) -> None:
    """Fill in the values of a feature in some rows, infinity where they are missing."""
    if len(columns.starts) == 0:
        of_feature = columns.values[feature * len(place) : (feature + 1) * len(place)]
        for p in range(len(members)):
            value = of_feature[members[p]]
            values[p] = np.inf if np.isnan(value) else value
        return
    values[:] = 0
    first, last = columns.starts[feature], columns.starts[feature + 1]
    of_feature, rows = columns.values[first:last], columns.rows[first:last]
    if len(rows) > len(members) * np.log2(len(rows) + 2):
        for p in range(len(members)):
            k = np.searchsorted(rows, members[p])
            if k < len(rows) and rows[k] == members[p]:
                values[p] = of_feature[k]
        return
    for k in range(len(rows)):
        p = place[rows[k]] - start
        if 0 <= p < len(members):
            values[p] = of_feature[k]


@compiled
def _find_range(values: np.ndarray) -> tuple[int, np.float32, np.float32]:
    """Return how many values are missing, and the smallest and largest of others."""
    n_missing, low, high = 0, np.float32(np.inf), np.float32(-np.inf)
    for value in values:
        if value == np.inf:
            n_missing += 1
        else:
            low, high = min(low, value), max(high, value)
    return n_missing, low, high


@compiled
def _try_split(
    cells: Cells,
    members: np.ndarray,
    values: np.ndarray,
    sums: Sums,
    threshold: float,
    missing_left: bool,
) -> tuple[float, int]:
    """Return what a split is worth, and how many rows it puts on the left.

    The rows of the smaller side are moved, as if it were the left one.
    """
    worth, n_changed = clear_left(cells, sums), 0
    goes_left = (values <= threshold) | (missing_left & (values == np.inf))
    n_left = goes_left.sum()
    is_smaller = goes_left == (2 * n_left <= len(members))
    for row in members[is_smaller]:
        n_changed = move_left(cells, sums, row, n_changed)
    return worth + update_worth(cells, sums, n_changed), n_left


@compiled
def _search_splits(
    cells: Cells,
    members: np.ndarray,
    values: np.ndarray,
    sums: Sums,
    feature: int,
    n_missing: int,
    rules: Rules,
) -> Split:
    """Return the best split by a feature, with missing values on either side."""
    best = Split(-1.0, -1, 0.0, False)
    order = np.argsort(values)
    n, n_present = len(values), len(values) - n_missing
    for missing_left in (False, True):
        if missing_left and n_missing == 0:
            break
        worth, n_left, n_changed = clear_left(cells, sums), 0, 0
        if missing_left:
            n_left = n_missing
            for row in members[order[n_present:]]:
                n_changed = move_left(cells, sums, row, n_changed)
        for p in range(n_present):
            n_left += 1
            n_changed = move_left(cells, sums, members[order[p]], n_changed)
            threshold = np.inf
            if p + 1 < n_present:
                value, following = values[order[p]], values[order[p + 1]]
                if following <= value + _SAME_VALUE:
                    continue
                threshold = np.float64(value) / 2 + np.float64(following) / 2
            worth += update_worth(cells, sums, n_changed)
            n_changed = 0
            is_large = min(n_left, n - n_left) >= rules.min_samples_leaf
            if is_large and is_better(worth, best.gain):
                to_left = missing_left if n_missing else 2 * n_left > n
                best = Split(worth, feature, threshold, to_left)
    return best


@compiled
def _partition(
    columns: Columns, split: Split, members: np.ndarray, start: int, place: np.ndarray
) -> int:
    """Put the rows that go left before the others; return how many they are."""
    values = np.empty(len(members), np.float32)
    _gather(columns, split.feature, members, start, place, values)
    n_left, n = 0, len(members)
    while n_left < n:
        value = values[n_left]
        goes_left = split.missing_left if value == np.inf else value <= split.threshold
        if goes_left:
            n_left += 1
            continue
        n -= 1
        members[n_left], members[n] = members[n], members[n_left]
        values[n_left], values[n] = values[n], values[n_left]
    for p in range(len(members)):
        place[members[p]] = start + p
    return n_left
