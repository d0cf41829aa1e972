"""What a split is worth, over labels of which some are missing; compiled.

It is the sum over tasks of λ (Q_l / N_l + Q_r / N_r): of the labels of a task on either
side, N is the weight, and Q the squared length of the weighted sum. Up to a constant,
that is by how much the Gini impurity of classes, one-hot, or the squared error of
quantities falls.
"""

from typing import NamedTuple

import numpy as np

from sklearn_mtl._compiled import compiled

# What is relatively smaller than this may be nothing but rounding.
_ROUNDING = 1e-10


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


class Sums(NamedTuple):
    """What the labels of a node add up to, in all and on the left, and the squares.

    `tasks` are those with labels in the node; of others nothing is kept up to date.
    `worth` is that of the split of each task, and `changed` has the tasks of which it
    is out of date, `is_changed` whether a task is among them.
    """

    tasks: np.ndarray
    total: np.ndarray
    left: np.ndarray
    weight: np.ndarray
    left_weight: np.ndarray
    square: np.ndarray
    left_square: np.ndarray
    right_square: np.ndarray
    worth: np.ndarray
    changed: np.ndarray
    is_changed: np.ndarray


@compiled
def make_sums(cells: Cells) -> Sums:
    """Return room for the sums of a node."""
    n_columns, n_tasks = cells.firsts[-1], len(cells.task_weights)
    return Sums(
        np.empty(0, np.int64),
        np.zeros(n_columns),
        np.zeros(n_columns),
        np.zeros(n_tasks),
        np.zeros(n_tasks),
        np.zeros(n_tasks),
        np.zeros(n_tasks),
        np.zeros(n_tasks),
        np.zeros(n_tasks),
        np.zeros(n_tasks, np.int64),
        np.zeros(n_tasks, np.bool_),
    )


@compiled
def sum_labels(cells: Cells, members: np.ndarray, room: Sums) -> tuple[Sums, bool]:
    """Return the sums of a node, and whether every task has one value there."""
    total, weight, square = room.total, room.weight, room.square
    total[:], weight[:] = 0, 0
    second_moment = 0.0
    for row in members:
        for k in range(cells.starts[row], cells.starts[row + 1]):
            t, share = cells.tasks[k], cells.weights[k] * cells.values[k]
            total[cells.columns[k]] += share
            weight[t] += cells.weights[k]
            second_moment += cells.task_weights[t] * share * cells.values[k]
    tasks = np.flatnonzero(weight)
    explained = 0.0
    for t in tasks:
        square[t] = 0
        for c in range(cells.firsts[t], cells.firsts[t + 1]):
            square[t] += total[c] ** 2
        explained += cells.task_weights[t] * square[t] / weight[t]
    is_pure = second_moment - explained <= _ROUNDING * second_moment
    sums = Sums(
        tasks,
        total,
        room.left,
        weight,
        room.left_weight,
        square,
        room.left_square,
        room.right_square,
        room.worth,
        room.changed,
        room.is_changed,
    )
    return sums, is_pure


@compiled
def clear_left(cells: Cells, sums: Sums) -> float:
    """Put all labels of the node on the right; return what that is worth."""
    worth = 0.0
    for t in sums.tasks:
        sums.left_weight[t], sums.left_square[t] = 0, 0
        sums.right_square[t] = sums.square[t]
        sums.left[cells.firsts[t] : cells.firsts[t + 1]] = 0
        sums.worth[t] = cells.task_weights[t] * sums.square[t] / sums.weight[t]
        worth += sums.worth[t]
    return worth


@compiled
def move_left(cells: Cells, sums: Sums, row: int, n_changed: int) -> int:
    """Move the labels of a row to the left; return how many tasks have changed."""
    for k in range(cells.starts[row], cells.starts[row + 1]):
        t, c = cells.tasks[k], cells.columns[k]
        share = cells.weights[k] * cells.values[k]
        right = sums.total[c] - sums.left[c]
        sums.left_square[t] += share * (share + 2 * sums.left[c])
        sums.right_square[t] += share * (share - 2 * right)
        sums.left[c] += share
        sums.left_weight[t] += cells.weights[k]
        if not sums.is_changed[t]:
            sums.is_changed[t] = True
            sums.changed[n_changed] = t
            n_changed += 1
    return n_changed


@compiled
def update_worth(cells: Cells, sums: Sums, n_changed: int) -> float:
    """Return by how much the tasks that have changed raise what the split is worth."""
    rise = 0.0
    for t in sums.changed[:n_changed]:
        right_weight = sums.weight[t] - sums.left_weight[t]
        worth = cells.task_weights[t] * (
            _divide(sums.left_square[t], sums.left_weight[t], sums.weight[t])
            + _divide(sums.right_square[t], right_weight, sums.weight[t])
        )
        rise += worth - sums.worth[t]
        sums.worth[t], sums.is_changed[t] = worth, False
    return rise


@compiled
def _divide(square: float, weight: float, of: float) -> float:
    """Return the square per weight, 0 for a side without labels."""
    return square / weight if weight > _ROUNDING * of else 0.0


@compiled
def is_better(worth: float, best: float) -> bool:
    """Return whether a split is worth more; of equal ones the first is kept."""
    return worth > best + _ROUNDING * abs(best)
