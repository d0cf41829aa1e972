"""Gram matrices of most rows: those of all rows, less what the others add to them."""

from typing import Any

import numpy as np

from sklearn_mtl.linear_model._task_data import TaskData, is_sparse
from sklearn_mtl.linear_model.solvers._gram_problem import (
    GramProblem,
    multiply_centred,
)

# Of a task that keeps less of its weight, a difference would be all rounding.
_MIN_SHARE = 0.1


def can_downdate(data: TaskData, rest: TaskData, left_out: np.ndarray) -> bool:
    """Return whether differences are exact, and fewer rows are left out than kept."""
    if 2 * len(left_out) > len(data.weights):
        return False
    shares = 1 - data.weights[left_out].sum(axis=0)
    return bool((shares[rest.weights.any(axis=0)] >= _MIN_SHARE).all())


class DowndatedGramProblem(GramProblem):
    """The tasks without some rows, from the problem `whole` of all rows of `data`.

    In `rest` the rows that are left out have weight 0.
    """

    def __init__(
        self,
        whole: GramProblem,
        data: TaskData,
        rest: TaskData,
        left_out: np.ndarray,
    ) -> None:
        p, T = self.shape = whole.shape
        self.groups = rest.groups
        self.products = np.zeros(self.shape)
        self._means = np.zeros(self.shape)
        self._target_means = np.zeros(T)
        self._target_squares = np.zeros(T)
        grams, group_of = np.zeros((len(whole.groups), p, p)), np.empty(T, dtype=int)
        for g, tasks in enumerate(whole.groups):
            group_of[tasks] = g
            if rest.weights[:, tasks[0]].any():
                grams[g] = self._subtract(whole, g, data, left_out)
        # Tasks that only differ in the rows left out now have the same matrix.
        self.grams = grams[[group_of[tasks[0]] for tasks in self.groups]]

    def _subtract(
        self, whole: GramProblem, g: int, data: TaskData, left_out: np.ndarray
    ) -> np.ndarray:
        tasks = whole.groups[g]
        v = data.weights[left_out, tasks[0]]
        rows, v = left_out[v > 0], v[v > 0]
        share = 1 - v.sum()
        mean, target_means = whole._means[:, tasks[0]], whole._target_means[tasks]
        Y = data.targets[np.ix_(rows, tasks)] - target_means
        gram, products, moved = _sum_products(data.X[rows], Y, v, mean)
        # All rows have mean 0 here: the rest has minus what the others add to it.
        shift, target_shift = -moved / share, -(v @ Y) / share
        if not data.fit_intercept:
            shift, target_shift = np.zeros_like(shift), np.zeros_like(target_shift)
        self._means[:, tasks] = (mean + shift)[:, np.newaxis]
        self._target_means[tasks] = target_means + target_shift
        self.products[:, tasks] = (whole.products[:, tasks] - products) / share
        self.products[:, tasks] -= np.outer(shift, target_shift)
        squares = whole._target_squares[tasks] - v @ Y**2
        self._target_squares[tasks] = np.maximum(squares / share - target_shift**2, 0)
        return (whole.grams[g] - gram) / share - np.outer(shift, shift)


def _sum_products(
    X: Any, Y: np.ndarray, v: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return X' diag(v) X, X' diag(v) Y and X' v for X less the mean."""
    if not is_sparse(X):
        gram, products = multiply_centred(
            X, np.column_stack([Y, np.ones(len(v))]), v, mean
        )
        return gram, products[:, :-1], products[:, -1]
    sums, total = X.T @ v, v.sum()
    gram = (X.T @ X.multiply(v[:, np.newaxis]).tocsr()).toarray()
    gram += total * np.outer(mean, mean) - np.outer(mean, sums) - np.outer(sums, mean)
    products = X.T @ (v[:, np.newaxis] * Y) - np.outer(mean, v @ Y)
    return gram, products, sums - total * mean
