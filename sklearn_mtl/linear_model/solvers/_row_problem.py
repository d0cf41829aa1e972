"""Any loss from the rows themselves."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from sklearn_mtl.linear_model._task_data import TaskData, is_sparse
from sklearn_mtl.linear_model.losses._base import Loss
from sklearn_mtl.linear_model.losses._multinomial import MultinomialLoss
from sklearn_mtl.linear_model.losses._squared import SquaredLoss
from sklearn_mtl.linear_model.solvers._largest_eigenvalue import largest_curvature
from sklearn_mtl.linear_model.solvers._problem import Evaluation
from sklearn_mtl.linear_model.solvers._rows import Rows, SharedRows, StackedRows, stack

# How many times the rows may be copied so that each task sees its own only.
_MAX_COPIES = 2
# Tasks of up to so many values are evaluated together, if they are of a like size.
_SMALL = 2**17
_LIKE = 1.5


@dataclass
class _Block:
    """Tasks that are evaluated together, with the same loss.

    Where there are intercepts, `means` has the mean of the features for each column,
    weighted as its labels are, else zeros. `is_alike` says whether all columns have the
    same weights.
    """

    rows: Rows
    targets: np.ndarray
    weights: np.ndarray
    means: np.ndarray
    columns: np.ndarray | slice
    loss: Loss
    is_alike: bool


class RowProblem:
    """The losses of all tasks; `make_loss` maps the width of a task to its loss.

    The features are centred implicitly, since far from 0 they would make the intercepts
    hard to find.
    """

    def __init__(self, data: TaskData, make_loss: Callable[[int], Loss]) -> None:
        self.shape = data.n_features, data.n_columns
        self.fit_intercept = data.fit_intercept
        # Those of the last evaluation are where the search for the next begins.
        self._intercept = np.zeros(data.n_columns)
        self.blocks = [
            _make_block(data, tasks, make_loss, is_stacked=is_stacked)
            for tasks, is_stacked in _share_rows(data)
        ]
        self._last: tuple[np.ndarray, Evaluation] | None = None
        # What a solver keeps for the next penalty, and how often it asked for a loss.
        self.gram_cache: Any = None
        self.n_evaluations = 0
        self.is_squared = isinstance(self.blocks[0].loss, SquaredLoss)

    @property
    def has_scalar_scores(self) -> bool:
        """Whether the loss of each label depends on one score only."""
        return not any(isinstance(b.loss, MultinomialLoss) for b in self.blocks)

    @cached_property
    def lipschitz(self) -> float:
        return max(map(self._find_curvature, self.blocks))

    def evaluate(self, W: np.ndarray) -> Evaluation:
        if not W.any():
            return self._at_zero
        # Where one penalty ends the next begins.
        if self._last is None or not np.array_equal(W, self._last[0]):
            self._last = W.copy(), self._evaluate(W)
        return self._last[1]

    def restrict(self, features: np.ndarray) -> "RowProblem":
        """Return the problem of some features, without the others."""
        part = copy(self)
        for name in ("lipschitz", "_at_zero"):
            part.__dict__.pop(name, None)
        part.shape, part._last = (len(features), self.shape[1]), None
        part.blocks = [
            replace(b, rows=b.rows.select(features), means=b.means[features])
            for b in self.blocks
        ]
        return part

    @cached_property
    def _at_zero(self) -> Evaluation:
        return self._evaluate(np.zeros(self.shape))

    def _evaluate(self, W: np.ndarray) -> Evaluation:
        self.n_evaluations += 1
        gradient = np.empty_like(W)
        intercept = np.empty_like(self._intercept)
        parts = []
        for block in self.blocks:
            of_block = W[:, block.columns]
            offsets = (block.means * of_block).sum(axis=0)
            part = block.loss.evaluate(
                block.rows.multiply(of_block) - offsets,
                block.targets,
                block.weights,
                self._intercept[block.columns],
                fit_intercept=self.fit_intercept,
            )
            self._intercept[block.columns] = part.intercept
            centred = block.means * part.residual.sum(axis=0)
            sums = block.rows.multiply_transposed(part.residual)
            gradient[:, block.columns] = centred - sums
            intercept[block.columns] = part.intercept - offsets
            parts.append(part)
        return Evaluation(
            lambda: sum(part.value for part in parts),
            gradient,
            intercept,
            lambda s: sum(part.dual(s) for part in parts),
            [part.residual for part in parts],
        )

    def _find_curvature(self, block: _Block) -> float:
        p, centre = self.shape[0], self.fit_intercept
        if isinstance(block.rows, StackedRows):
            every = np.arange(p)
            grams = block.rows.find_grams(block.weights, every, every, centre=centre)
            return block.loss.curvature * float(np.linalg.eigvalsh(grams)[:, -1].max())
        assert isinstance(block.rows, SharedRows)
        distinct = {weights.tobytes(): weights for weights in block.weights.T.copy()}
        return block.loss.curvature * max(
            largest_curvature(block.rows.X, weights, centre=centre)
            for weights in distinct.values()
        )


def _make_block(
    data: TaskData,
    tasks: np.ndarray,
    make_loss: Callable[[int], Loss],
    *,
    is_stacked: bool,
) -> _Block:
    rows, targets, weights = (
        _stack_rows(data, tasks) if is_stacked else _find_rows(data, tasks)
    )
    width = int(data.widths[tasks[0]])
    columns: np.ndarray | slice = data.columns(tasks)
    if len(tasks) == data.n_tasks:
        # Indexing with it makes a view.
        columns = slice(None)
    is_alike = not is_stacked and bool((weights == weights[:, :1]).all())
    means = np.zeros((data.n_features, len(tasks) * width))
    if data.fit_intercept:
        by_column = weights[:, :1] if is_alike else np.repeat(weights, width, axis=1)
        means[:] = rows.multiply_transposed(by_column)
    return _Block(rows, targets, weights, means, columns, make_loss(width), is_alike)


def _find_rows(
    data: TaskData, tasks: np.ndarray
) -> tuple[Rows, np.ndarray, np.ndarray]:
    X, targets, weights = data.rows(tasks)
    # A choice of columns is in Fortran's order, which mixes badly with C's.
    return SharedRows(X), np.ascontiguousarray(targets), np.ascontiguousarray(weights)


def _stack_rows(
    data: TaskData, tasks: np.ndarray
) -> tuple[Rows, np.ndarray, np.ndarray]:
    parts = [data.rows(tasks[i : i + 1]) for i in range(len(tasks))]
    X, targets, weights = (stack(list(arrays)) for arrays in zip(*parts, strict=True))
    rows = StackedRows(X, int(data.widths[tasks[0]]))
    return rows, targets[:, :, 0].T.copy(), weights[:, :, 0].T.copy()


def _share_rows(data: TaskData) -> list[tuple[np.ndarray, bool]]:
    """Return the tasks of each block, and whether to stack the rows of each.

    A block is of tasks with the same rows. Many patterns of missing labels would mean
    many copies of rows: then it is of all tasks of the same width. Of small tasks with
    rows of their own many are stacked.
    """
    n_values = sum(data.n_values(tasks) for tasks in data.groups)
    if n_values > _MAX_COPIES * data.n_values(np.arange(data.n_tasks)):
        widths = np.unique(data.widths)
        return [(np.flatnonzero(data.widths == width), False) for width in widths]
    if is_sparse(data.X):
        return [(tasks, False) for tasks in data.groups]
    alone = [
        tasks
        for tasks in data.groups
        if len(tasks) == 1 and data.n_values(tasks) <= _SMALL
    ]
    shared = [tasks for tasks in data.groups if not any(tasks is a for a in alone)]
    stacked = _find_alike(data, [int(tasks[0]) for tasks in alone])
    return [(tasks, False) for tasks in shared] + [
        (tasks, len(tasks) > 1) for tasks in stacked
    ]


def _find_alike(data: TaskData, tasks: list[int]) -> list[np.ndarray]:
    """Return the tasks in groups of the same width and about as many rows."""
    heights = (data.weights > 0).sum(axis=0)
    groups: list[list[int]] = []
    for t in sorted(tasks, key=lambda t: (data.widths[t], -heights[t])):
        first = groups[-1][0] if groups else t
        if (
            not groups
            or data.widths[first] != data.widths[t]
            or heights[first] > _LIKE * heights[t]
        ):
            groups.append([])
        groups[-1].append(t)
    return [np.sort(group) for group in groups]
