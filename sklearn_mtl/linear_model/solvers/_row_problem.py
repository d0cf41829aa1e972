"""Any loss from the rows themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sklearn_mtl.linear_model._task_data import TaskData
from sklearn_mtl.linear_model.losses._base import Loss
from sklearn_mtl.linear_model.losses._squared import SquaredLoss
from sklearn_mtl.linear_model.solvers._largest_eigenvalue import largest_curvature
from sklearn_mtl.linear_model.solvers._problem import Evaluation

# How many times the rows may be copied so that each task sees its own only.
_MAX_COPIES = 2


@dataclass
class _Block:
    """Tasks that are evaluated on the same rows with the same loss.

    Where there are intercepts, `means` has the mean of the features for each column,
    weighted as its labels are, else zeros.
    """

    X: Any
    targets: np.ndarray
    weights: np.ndarray
    means: np.ndarray
    columns: np.ndarray
    loss: Loss


class RowProblem:
    """The losses of all tasks; `make_loss` maps the width of a task to its loss.

    The features are centred implicitly, since far from 0 they would make the intercepts
    hard to find.
    """

    def __init__(self, data: TaskData, make_loss: Callable[[int], Loss]) -> None:
        self.shape = data.n_features, data.n_columns
        self._fit_intercept = data.fit_intercept
        # Those of the last evaluation are where the search for the next begins.
        self._intercept = np.zeros(data.n_columns)
        self._blocks = [
            _make_block(data, tasks, make_loss) for tasks in _share_rows(data)
        ]
        self.is_squared = isinstance(self._blocks[0].loss, SquaredLoss)

    @cached_property
    def lipschitz(self) -> float:
        return max(map(self._curvature, self._blocks))

    def evaluate(self, W: np.ndarray) -> Evaluation:
        gradient = np.empty_like(W)
        intercept = np.empty_like(self._intercept)
        parts = []
        for block in self._blocks:
            of_block = W[:, block.columns]
            offsets = (block.means * of_block).sum(axis=0)
            part = block.loss.evaluate(
                block.X @ of_block - offsets,
                block.targets,
                block.weights,
                self._intercept[block.columns],
                fit_intercept=self._fit_intercept,
            )
            self._intercept[block.columns] = part.intercept
            centred = block.means * part.residual.sum(axis=0)
            gradient[:, block.columns] = centred - block.X.T @ part.residual
            intercept[block.columns] = part.intercept - offsets
            parts.append(part)
        return Evaluation(
            sum(part.value for part in parts),
            gradient,
            intercept,
            lambda s: sum(part.dual(s) for part in parts),
        )

    def _curvature(self, block: _Block) -> float:
        distinct = {weights.tobytes(): weights for weights in block.weights.T.copy()}
        return block.loss.curvature * max(
            largest_curvature(block.X, weights, centre=self._fit_intercept)
            for weights in distinct.values()
        )


def _make_block(
    data: TaskData, tasks: np.ndarray, make_loss: Callable[[int], Loss]
) -> _Block:
    X, targets, weights = data.rows(tasks)
    width = int(data.widths[tasks[0]])
    means = np.zeros((data.n_features, len(tasks) * width))
    if data.fit_intercept:
        means += np.repeat(X.T @ weights, width, axis=1)
    return _Block(X, targets, weights, means, data.columns(tasks), make_loss(width))


def _share_rows(data: TaskData) -> list[np.ndarray]:
    """Return the tasks of each block: those with the same rows, or of the same width.

    The latter, where many patterns of missing labels would mean many copies of rows.
    """
    n_values = sum(data.n_values(tasks) for tasks in data.groups)
    if n_values <= _MAX_COPIES * data.n_values(np.arange(data.n_tasks)):
        return data.groups
    return [np.flatnonzero(data.widths == width) for width in np.unique(data.widths)]
