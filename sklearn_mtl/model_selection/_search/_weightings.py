"""The weightings that a search tries: listed, on a grid, or refined step by step."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from numbers import Integral, Real
from typing import Any

import numpy as np

from sklearn_mtl._validation import (
    check_option,
    check_task_weights,
    list_some,
    parameter_error,
)
from sklearn_mtl.model_selection._pareto import pareto_front
from sklearn_mtl.model_selection._task_weight_grid import task_weight_grid

# Neighbours on the first, coarse lattice are this far apart at the least.
_MAX_DIVISIONS = 4
# A finer difference of weights than this is lost in the noise of any score.
_MIN_STEP = 1 / 64


def list_weightings(task_weights: Any, task_names: Sequence[str], owner: str) -> list:
    """Return the weightings of a list or of a number of divisions, as they came.

    None is the list of equal weights alone.
    """
    if task_weights is None:
        return [None]
    if isinstance(task_weights, Integral) and not isinstance(task_weights, bool):
        if task_weights < 1:
            expected = "at least 1, a number of divisions of the total weight"
            raise parameter_error("task_weights", owner, expected, task_weights)
        return list(task_weight_grid(len(task_names), int(task_weights)))
    expected = "a list of weightings, a number of divisions, or 'auto'"
    if isinstance(task_weights, str):
        check_option(task_weights, ["auto"], "task_weights", owner)
    if isinstance(task_weights, Mapping) or not isinstance(task_weights, Iterable):
        raise parameter_error("task_weights", owner, expected, repr(task_weights))
    weightings = list(task_weights)
    if not weightings or any(isinstance(weights, str) for weights in weightings):
        raise parameter_error("task_weights", owner, expected, repr(task_weights))
    if any(isinstance(weights, Real) for weights in weightings):
        got = f"{task_weights!r}, which is a single weighting: put it into a list"
        raise parameter_error("task_weights", owner, expected, got)
    return weightings


def find_shares(
    weightings: Iterable[Any], task_names: Sequence[str], owner: str
) -> np.ndarray:
    """Return the share of each task in each weighting, (n_weightings, n_tasks)."""
    weights = [check_task_weights(w, task_names, owner) for w in weightings]
    return np.array([w / w.sum() for w in weights])


def find_flaws(shares: np.ndarray, task_names: Sequence[str]) -> list[str]:
    """Return what makes the weightings worth less than their number."""
    if len(task_names) == 1:
        return []
    flaws = []
    distinct = len(np.unique(shares.round(12), axis=0))
    if len(shares) == 1:
        flaws.append("There is one weighting only, and nothing to choose.")
    elif distinct < len(shares):
        flaws.append(
            f"{len(shares) - distinct} of the {len(shares)} weightings are multiples "
            "of others, which gives the same networks: only ratios matter."
        )
    never = ~shares.any(axis=0)
    if never.any():
        tasks = [task_names[t] for t in np.flatnonzero(never).tolist()]
        flaws.append(f"No weighting gives any weight to {list_some(tasks)}.")
    return flaws


def make_plan(
    task_weights: Any, task_names: Sequence[str], budget: int, owner: str
) -> "Listed | Refinement":
    """Return what the parameter of a search says is to be tried."""
    if isinstance(task_weights, str) and task_weights == "auto":
        return Refinement(len(task_names), budget)
    weightings = list_weightings(task_weights, task_names, owner)
    shares = find_shares(weightings, task_names, owner)
    return Listed(weightings, find_flaws(shares, task_names))


class Listed:
    """Weightings that are known from the start, and what makes them worth less."""

    def __init__(self, weightings: list[Any], flaws: Sequence[str]):
        self.weightings = weightings
        self.flaws = flaws

    @property
    def n_weightings(self) -> int:
        """How many there are in all."""
        return len(self.weightings)

    def start(self) -> list[Any]:
        """Return all weightings."""
        return self.weightings

    def go_on(self, scores: np.ndarray) -> list[Any]:
        """Return none."""
        return []


class Refinement:
    """Weightings from coarse to fine, around those that nothing dominates.

    The first round is an even lattice of weights, none of them 0. In each round that
    follows, the better half of those that survived the last one, and the newest, get
    their neighbours at half the distance. It ends when no weighting is left that is
    new, or the budget is used up.

    Parameters
    ----------
    n_tasks : int
        The number of tasks.
    budget : int
        How many weightings to try at most.
    """

    flaws: Sequence[str] = ()
    # Not known before.
    n_weightings: int | None = None

    def __init__(self, n_tasks: int, budget: int):
        self.n_tasks = n_tasks
        self.budget = budget
        self.tried: list[np.ndarray] = []
        self._n_survivors = 0
        self._step = 0.0

    def start(self) -> list[np.ndarray]:
        """Return the weightings of the first round."""
        n_tasks = self.n_tasks
        size = max(self.budget // 3, 1)
        n_divisions = 1
        while n_divisions < _MAX_DIVISIONS and (
            len(task_weight_grid(n_tasks, n_divisions + 1)) <= size
        ):
            n_divisions += 1
        corners = np.array(task_weight_grid(n_tasks, n_divisions))
        # Half a step from the border, where a task would not be learnt at all.
        inner = (corners * n_divisions + 0.5) / (n_divisions + 0.5 * n_tasks)
        self._step = 1 / (n_divisions + 0.5 * n_tasks)
        even = np.full(n_tasks, 1 / n_tasks)
        first = self._take_new([even, *inner])[: self.budget]
        self._n_survivors = max(len(first) // 2, 1)
        self.tried = list(first)
        return first

    def go_on(self, scores: np.ndarray) -> list[np.ndarray]:
        """Return the next weightings, given the task scores of all that were tried."""
        found: list[np.ndarray] = []
        while not found and self._step > _MIN_STEP and len(self.tried) < self.budget:
            self._step /= 2
            survivors = rank(scores)[0][: self._n_survivors]
            self._n_survivors = max(self._n_survivors // 2, 1)
            found = self._take_new(self._neighbours(survivors))
        # What is left of the budget is spread over this round and finer ones.
        left = self.budget - len(self.tried)
        limit = max(left // 2, min(left, 2 * self.n_tasks))
        found = found[:limit]
        self.tried += found
        return found

    def _neighbours(self, survivors: np.ndarray) -> Iterator[np.ndarray]:
        """Yield those around all survivors, one of each in turn."""
        for giver, taker in permutations(range(self.n_tasks), 2):
            for k in survivors:
                weights = self.tried[k].copy()
                moved = min(self._step, weights[giver] / 2)
                weights[giver] -= moved
                weights[taker] += moved
                yield weights

    def _take_new(self, weightings: Iterable[np.ndarray]) -> list[np.ndarray]:
        seen = {tuple(weights.round(9)) for weights in self.tried}
        new = []
        for weights in weightings:
            key = tuple(weights.round(9))
            if key not in seen:
                seen.add(key)
                new.append(weights)
        return new


def rank(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the order of candidates by scores (n_candidates, n_tasks), and fronts.

    Those on front 0 are dominated by none, those on front 1 by these only, and so on;
    within a front the best mean comes first. A candidate without a score comes last.
    """
    front = np.full(len(scores), len(scores))
    left = ~np.isnan(scores).any(axis=1)
    level = 0
    while left.any():
        rows = np.flatnonzero(left)
        best = rows[pareto_front(scores[rows])]
        front[best] = level
        left[best] = False
        level += 1
    return np.lexsort([-np.nan_to_num(scores).mean(axis=1), front]), front
