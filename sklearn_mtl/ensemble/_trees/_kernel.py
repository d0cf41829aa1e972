"""Grow a tree on labels of which some are missing; to import it takes a moment.

What a split is worth is the sum over tasks of λ (Q_l / N_l + Q_r / N_r): of the labels
of a task on either side, N is the weight, and Q the squared length of the weighted sum.
Up to a constant, that is by how much the Gini impurity of classes, one-hot, or the
squared error of quantities falls.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

# Values that are closer are not told apart, as in scikit-learn's trees.
_SAME_VALUE = np.float32(1e-7)
# What is relatively smaller than this may be nothing but rounding.
_ROUNDING = 1e-10


class Columns(NamedTuple):
    """A table column by column; of a dense one, `rows` and `starts` are empty."""

    values: np.ndarray
    rows: np.ndarray
    starts: np.ndarray
    n_features: int


class Cells(NamedTuple):
    """The labels row by row: a class is a 1 in its column.

    The columns of task t begin at firsts[t], and λ are its weights.
    """

    starts: np.ndarray
    tasks: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    firsts: np.ndarray
    task_weights: np.ndarray


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


class _Sums(NamedTuple):
    """What labels add up to, in a node and left of a split of it, and the squares.

    `tasks` are those with labels in the node; of others nothing is kept up to date.
    """

    total: np.ndarray
    left: np.ndarray
    weight: np.ndarray
    left_weight: np.ndarray
    square: np.ndarray
    left_square: np.ndarray
    right_square: np.ndarray
    tasks: np.ndarray


@njit(cache=True, nogil=True)
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
    room = np.zeros((2, cells.firsts[-1])), np.zeros((5, len(cells.task_weights)))
    node, n_nodes = 0, 1
    while node < n_nodes:
        start, end = nodes.start[node], nodes.end[node]
        members = rows[start:end]
        sums, is_pure = _sum_labels(cells, members, room)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _sum_labels(
    cells: Cells, members: np.ndarray, room: tuple[np.ndarray, np.ndarray]
) -> tuple[_Sums, bool]:
    """Return the sums of a node, and whether every task has one value there."""
    total, left = room[0]
    weight, left_weight, square, left_square, right_square = room[1]
    total[:], weight[:] = 0, 0
    second_moment = 0.0
    for row in members:
        for k in range(cells.starts[row], cells.starts[row + 1]):
            share = cells.weights[k] * cells.values[k]
            total[cells.columns[k]] += share
            weight[cells.tasks[k]] += cells.weights[k]
            second_moment += (
                cells.task_weights[cells.tasks[k]] * share * cells.values[k]
            )
    tasks = np.flatnonzero(weight)
    explained = 0.0
    for t in tasks:
        square[t] = 0
        for c in range(cells.firsts[t], cells.firsts[t + 1]):
            square[t] += total[c] ** 2
        explained += cells.task_weights[t] * square[t] / weight[t]
    is_pure = second_moment - explained <= _ROUNDING * second_moment
    sums = _Sums(
        total, left, weight, left_weight, square, left_square, right_square, tasks
    )
    return sums, is_pure


@njit(cache=True, nogil=True)
def _find_split(
    columns: Columns,
    cells: Cells,
    members: np.ndarray,
    start: int,
    place: np.ndarray,
    sums: _Sums,
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
        if _is_better(split.gain, best.gain):
            best = split
    return best


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _find_range(values: np.ndarray) -> tuple[int, np.float32, np.float32]:
    """Return how many values are missing, and the smallest and largest of others."""
    n_missing, low, high = 0, np.float32(np.inf), np.float32(-np.inf)
    for value in values:
        if value == np.inf:
            n_missing += 1
        else:
            low, high = min(low, value), max(high, value)
    return n_missing, low, high


@njit(cache=True, nogil=True)
def _clear_left(cells: Cells, sums: _Sums) -> float:
    """Put all labels of the node on the right; return what that is worth."""
    worth = 0.0
    for t in sums.tasks:
        sums.left_weight[t], sums.left_square[t] = 0, 0
        sums.right_square[t] = sums.square[t]
        sums.left[cells.firsts[t] : cells.firsts[t + 1]] = 0
        worth += cells.task_weights[t] * sums.square[t] / sums.weight[t]
    return worth


@njit(cache=True, nogil=True)
def _try_split(
    cells: Cells,
    members: np.ndarray,
    values: np.ndarray,
    sums: _Sums,
    threshold: float,
    missing_left: bool,
) -> tuple[float, int]:
    """Return what a split is worth, and how many rows it puts on the left.

    The labels on the side of fewer rows are added up, as if it were the left one.
    """
    _clear_left(cells, sums)
    goes_left = (values <= threshold) | (missing_left & (values == np.inf))
    n_left = goes_left.sum()
    is_small = goes_left == (2 * n_left <= len(members))
    for row in members[is_small]:
        for k in range(cells.starts[row], cells.starts[row + 1]):
            share = cells.weights[k] * cells.values[k]
            sums.left[cells.columns[k]] += share
            sums.left_weight[cells.tasks[k]] += cells.weights[k]
    worth = 0.0
    for t in sums.tasks:
        left_square, right_square = 0.0, 0.0
        for c in range(cells.firsts[t], cells.firsts[t + 1]):
            left_square += sums.left[c] ** 2
            right_square += (sums.total[c] - sums.left[c]) ** 2
        right_weight = sums.weight[t] - sums.left_weight[t]
        worth += cells.task_weights[t] * (
            _divide(left_square, sums.left_weight[t], sums.weight[t])
            + _divide(right_square, right_weight, sums.weight[t])
        )
    return worth, n_left


@njit(cache=True, nogil=True)
def _is_better(worth: float, best: float) -> bool:
    """Return whether a split is worth more; of equal ones the first is kept."""
    return worth > best + _ROUNDING * abs(best)


@njit(cache=True, nogil=True)
def _search_splits(
    cells: Cells,
    members: np.ndarray,
    values: np.ndarray,
    sums: _Sums,
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
        worth = _clear_left(cells, sums)
        n_left = 0
        if missing_left:
            for p in range(n_present, n):
                worth += _move_left(cells, sums, members[order[p]])
            n_left = n_missing
        for p in range(n_present):
            worth += _move_left(cells, sums, members[order[p]])
            n_left += 1
            threshold = np.inf
            if p + 1 < n_present:
                value, following = values[order[p]], values[order[p + 1]]
                if following <= value + _SAME_VALUE:
                    continue
                threshold = np.float64(value) / 2 + np.float64(following) / 2
            if min(n_left, n - n_left) >= rules.min_samples_leaf and _is_better(
                worth, best.gain
            ):
                to_left = missing_left if n_missing else 2 * n_left > n
                best = Split(worth, feature, threshold, to_left)
    return best


@njit(cache=True, nogil=True)
def _move_left(cells: Cells, sums: _Sums, row: int) -> float:
    """Move the labels of a row to the left; return what that adds to the worth."""
    change = 0.0
    for k in range(cells.starts[row], cells.starts[row + 1]):
        t, c = cells.tasks[k], cells.columns[k]
        share = cells.weights[k] * cells.values[k]
        before = _worth_of_task(sums, t)
        right = sums.total[c] - sums.left[c]
        sums.left_square[t] += share * (share + 2 * sums.left[c])
        sums.right_square[t] += share * (share - 2 * right)
        sums.left[c] += share
        sums.left_weight[t] += cells.weights[k]
        change += cells.task_weights[t] * (_worth_of_task(sums, t) - before)
    return change


@njit(cache=True, nogil=True)
def _worth_of_task(sums: _Sums, t: int) -> float:
    right_weight = sums.weight[t] - sums.left_weight[t]
    return _divide(sums.left_square[t], sums.left_weight[t], sums.weight[t]) + _divide(
        sums.right_square[t], right_weight, sums.weight[t]
    )


@njit(cache=True, nogil=True)
def _divide(square: float, weight: float, of: float) -> float:
    """Return the square per weight, 0 for a side without labels."""
    return square / weight if weight > _ROUNDING * of else 0.0


@njit(cache=True, nogil=True)
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
