"""The splits of a cross-validation: data to learn from, and labels held out."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sklearn_mtl.linear_model._gram_downdate import DowndatedGramProblem, can_downdate
from sklearn_mtl.linear_model._task_data import TaskData, weigh_rows
from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem
from sklearn_mtl.linear_model.solvers._problem import Problem


@dataclass(frozen=True)
class Fold:
    """The data to learn from, and the rows held out with the weights of their labels.

    The rows of `data` are all there are: those not in the training part have weight 0.
    Labels that nothing can be learnt of have weight 0 too: those of a task without
    training labels, or of a class without any. `problem` is None if it is to be made
    from the data.
    """

    data: TaskData
    problem: Problem | None
    held_out: np.ndarray
    weights: np.ndarray


def make_folds(
    data: TaskData,
    problem: Problem,
    splits: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    classify: bool,
) -> list[Fold]:
    """Return the folds of splits of all rows; the problem is that of all rows."""
    rows = np.arange(len(data.weights))
    return [
        _make_fold(data, problem, rows[train], rows[test], classify=classify)
        for train, test in splits
    ]


def _make_fold(
    data: TaskData,
    problem: Problem,
    train: np.ndarray,
    test: np.ndarray,
    *,
    classify: bool,
) -> Fold:
    counts = np.bincount(train, minlength=len(data.weights))
    weights = data.weights * counts[:, np.newaxis]
    known = _find_known(data.targets, weights) if classify else weights.any(axis=0)
    held_out = data.weights[test] * np.broadcast_to(known, weights.shape)[test]
    # Of a task with one class in the training part there is nothing to learn.
    weights = weights * np.atleast_2d(known).any(axis=0)
    rest = weigh_rows(data.X, data.targets, weights, data.widths, data.fit_intercept)
    left_out = np.flatnonzero(counts == 0)
    of_rest: Problem | None = None
    if (
        isinstance(problem, GramProblem)
        and counts.max() <= 1
        and can_downdate(data, rest, left_out)
    ):
        of_rest = DowndatedGramProblem(problem, data, rest, left_out)
    return Fold(rest, of_rest, test, held_out)


def _find_known(codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return where a label is of a class that is learnt, with another one."""
    known = np.zeros(codes.shape, dtype=bool)
    for t, column in enumerate(codes.T):
        classes = np.unique(column[weights[:, t] > 0])
        if len(classes) > 1:
            known[:, t] = np.isin(column, classes)
    return known
