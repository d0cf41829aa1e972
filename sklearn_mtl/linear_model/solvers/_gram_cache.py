"""Gram matrices of those features only that are of use."""

import numpy as np

from sklearn_mtl.linear_model.solvers._curvatures import Curvatures
from sklearn_mtl.linear_model.solvers._gram_problem import GramProblem, fit_in_memory
from sklearn_mtl.linear_model.solvers._problem import Problem
from sklearn_mtl.linear_model.solvers._row_problem import RowProblem

_MANY = 100  # evaluations, which most penalties take without coordinate descent


class GramCache:
    """The Gram matrices of a squared loss, which grow with the features asked for."""

    def __init__(self, problem: RowProblem) -> None:
        at_zero = problem.evaluate(np.zeros(problem.shape))
        self.curvatures = Curvatures(problem, at_zero)
        self._rows = [block.rows for block in problem.blocks]
        self._products = -at_zero.gradient
        self._target_means = at_zero.intercept
        self._means = np.zeros(problem.shape)
        for block in problem.blocks:
            self._means[:, block.columns] = block.means
        self._target_squares = 2 * at_zero.value
        self._groups = [
            np.flatnonzero(self.curvatures.group_of == g)
            for g in range(self.curvatures.n_groups)
        ]
        self._whole: GramProblem | None = None
        self._features = np.empty(0, dtype=np.int64)
        self._places = np.full(problem.shape[0], -1)
        self._grams = np.empty((len(self._groups), 0, 0))

    def make_problem(self, features: np.ndarray) -> GramProblem:
        """Return the problem of these features, without the others."""
        self._add(features[self._places[features] < 0])
        places = self._places[features]
        return GramProblem.from_parts(
            self._groups,
            self._grams[np.ix_(np.arange(len(self._groups)), places, places)],
            self._products[features],
            self._means[features],
            self._target_means,
            self._target_squares,
        )

    def make_whole(self) -> GramProblem:
        """Return the problem of all features."""
        if self._whole is None:
            self._whole = self.make_problem(np.arange(len(self._places)))
            # It has a copy of all matrices, in the right order.
            self._grams = self._whole.grams
            self._features = np.arange(len(self._places))
            self._places = self._features.copy()
        return self._whole

    def _add(self, new: np.ndarray) -> None:
        if not len(new):
            return
        old, count = self._features, len(self._features)
        grams = np.empty((len(self._groups), count + len(new), count + len(new)))
        grams[:, :count, :count] = self._grams
        grams[:, count:, count:] = self.curvatures.find_grams(self._rows, new, new)
        if count:
            cross = self.curvatures.find_grams(self._rows, old, new)
            grams[:, :count, count:] = cross
            grams[:, count:, :count] = cross.swapaxes(1, 2)
        self._places[new] = np.arange(count, count + len(new))
        self._features, self._grams = np.concatenate([old, new]), grams


def find_cache(problem: RowProblem) -> GramCache:
    """Return the matrices of a problem, which it keeps."""
    if problem.gram_cache is None:
        problem.gram_cache = GramCache(problem)
    return problem.gram_cache


def cast(problem: Problem, *, is_long: bool) -> Problem:
    """Return the problem in the form that is the fastest from now on.

    `is_long` says that a solver will evaluate it many times; otherwise it gets Gram
    matrices when the evaluations so far have cost as much.
    """
    if not isinstance(problem, RowProblem) or not problem.is_squared:
        return problem
    cache, p = find_cache(problem), problem.shape[0]
    n_evaluations = _MANY if is_long else problem.n_evaluations
    if not fit_in_memory(cache.curvatures.n_groups, p):
        return problem
    pays = cache.curvatures.pay_back(p, n_evaluations)
    return cache.make_whole() if pays else problem
