"""What a search over task weights found, read from its results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sklearn_mtl._validation import (
    check_task_weights,
    did_you_mean,
    list_some,
    parameter_error,
)


@dataclass(frozen=True)
class Candidates:
    """Candidates of a search: the weights they were given, and what they reached.

    All but the names have a row per candidate, and scores are NaN where they failed.
    """

    task_names: list[str]
    weights: np.ndarray
    scores: np.ndarray
    stds: np.ndarray
    means: np.ndarray
    best: int

    def take(self, rows: np.ndarray) -> "Candidates":
        """Keep these rows; the best is the best of them, unless it is among them."""
        kept = np.flatnonzero(rows == self.best)
        means = self.means[rows]
        return Candidates(
            self.task_names,
            self.weights[rows],
            self.scores[rows],
            self.stds[rows],
            means,
            int(kept[0] if len(kept) else np.nanargmax(means)),
        )

    def best_per_weighting(self) -> "Candidates":
        """Keep the best candidate of each weighting, in order of the weights."""
        means = self.means.copy()
        means[self.best] = np.inf
        order = np.lexsort([-means, *self.weights.T[::-1].round(9)])
        weights = self.weights[order].round(9)
        first = np.ones(len(order), dtype=bool)
        first[1:] = (weights[1:] != weights[:-1]).any(axis=1)
        return self.take(order[first])


class _Search(NamedTuple):
    """The results of a search, and what only the fitted search itself knows."""

    results: Mapping[str, Any]
    best: int | None
    task_names: list[str] | None
    defaults: Mapping[str, Any]


def read_candidates(
    cv_results: Any, params: Mapping[str, Any] | None, task_names: Any, owner: str
) -> Candidates:
    """Read `cv_results_`, given as such or by the fitted search that has it.

    `params` says which candidates to keep. Those without any score are left out.
    """
    search = _open(cv_results, owner)
    name = _find_weights(search.results, owner)
    columns, names = _find_tasks(search, task_names, owner)
    scores = np.column_stack([_column(search.results, "mean", c) for c in columns])
    stds = np.column_stack([_column(search.results, "std", c) for c in columns])
    means = _column(search.results, "mean", "mean")
    if np.isnan(means).all():
        means = _mean_over_tasks(scores)
    settings = [{**search.defaults, **chosen} for chosen in search.results["params"]]
    kept = _choose(settings, params, owner) & ~np.isnan(means)
    kept &= ~np.isnan(scores).all(axis=1)
    if not kept.any():
        expected = "of a search in which a candidate has scores"
        raise parameter_error("cv_results", owner, expected, "none that has")
    weights = np.full_like(scores, np.nan)
    for c in np.flatnonzero(kept):
        weights[c] = _read_weights(settings[c], name, names, owner)
    best = -1 if search.best is None else int(search.best)
    every = Candidates(names, weights, scores, stds, means, best)
    return every.take(np.flatnonzero(kept))


def _read_weights(
    setting: Mapping[str, Any], name: str, tasks: list[str], owner: str
) -> np.ndarray:
    """Return the share of each task in the weight that a candidate was given."""
    if name not in setting:
        expected = f"such that every candidate has the parameter {name!r}"
        got = "some without; give the fitted search instead"
        raise parameter_error("cv_results", owner, expected, got)
    weights = check_task_weights(setting[name], tasks, owner)
    return weights / weights.sum()


def _open(cv_results: Any, owner: str) -> _Search:
    """Take the results out of a fitted search, or as they are."""
    if not hasattr(cv_results, "cv_results_"):
        if not hasattr(cv_results, "keys") or "params" not in cv_results:
            expected = "a fitted search or its cv_results_, with 'params'"
            raise parameter_error("cv_results", owner, expected, repr(cv_results)[:80])
        return _Search(cv_results, None, None, {})
    results = cv_results.cv_results_
    fitted: Any = getattr(cv_results, "best_estimator_", None)
    while hasattr(fitted, "steps"):
        fitted = fitted.steps[-1][1]
    names = getattr(fitted, "task_names_", None)
    if hasattr(cv_results, "estimator"):
        defaults = cv_results.estimator.get_params()
    else:
        defaults = {}
    best = getattr(cv_results, "best_index_", None)
    return _Search(results, best, None if names is None else list(names), defaults)


def _find_weights(results: Mapping[str, Any], owner: str) -> str:
    """Return the name of the parameter that the task weights are."""
    names = {name for params in results["params"] for name in params}
    found = sorted(name for name in names if name.split("__")[-1] == "task_weights")
    if len(found) == 1:
        return found[0]
    raise parameter_error(
        "cv_results",
        owner,
        "of a search over task weights, with a column 'param_task_weights' or "
        "'param_<step>__task_weights': search over a list of them, such as "
        "task_weight_grid returns",
        f"the parameters {list_some(sorted(names)) or 'none'}",
    )


def _find_tasks(
    search: _Search, task_names: Any, owner: str
) -> tuple[list[str], list[str]]:
    """Return how the scores of the tasks are called, and the names of the tasks.

    Both are in the order of the weights.
    """
    scored = [
        name.removeprefix("mean_test_")
        for name in search.results
        if name.startswith("mean_test_") and name != "mean_test_mean"
    ]
    if task_names is not None:
        _check_scored(task_names, scored, owner)
        tasks = [str(task) for task in task_names]
        return tasks, tasks
    if not scored or scored == ["score"]:
        raise parameter_error(
            "cv_results",
            owner,
            "of a search with a score of every task in columns 'mean_test_<task>': "
            'search with scoring=per_task_scorers(metric, task_names), refit="mean"',
            list_some(f"mean_test_{name}" for name in scored) or "no such column",
        )
    known = search.task_names or scored
    if set(known) <= set(scored):
        return known, known
    numbered = scored == [f"task{t}" for t in range(len(known))]
    return scored, known if numbered else scored


def _check_scored(task_names: Any, scored: list[str], owner: str) -> None:
    """Raise unless each task has a score; suggest the nearest that has."""
    for task in task_names:
        if str(task) not in scored:
            expected = f"names of scores in the results ({list_some(scored)})"
            got = f"{task!r}{did_you_mean(task, scored)}"
            raise parameter_error("task_names", owner, expected, got)


def _column(results: Mapping[str, Any], kind: str, name: str) -> np.ndarray:
    values = results.get(f"{kind}_test_{name}")
    if values is None:
        return np.full(len(results["params"]), np.nan)
    return np.asarray(values, dtype=np.float64)


def _mean_over_tasks(scores: np.ndarray) -> np.ndarray:
    there = ~np.isnan(scores)
    sums = np.where(there, scores, 0).sum(axis=1)
    n_there = there.sum(axis=1)
    return np.divide(sums, n_there, out=np.full(len(sums), np.nan), where=n_there > 0)


def _choose(
    settings: Sequence[Mapping[str, Any]], params: Mapping[str, Any] | None, owner: str
) -> np.ndarray:
    """Return which candidates have the parameters that were asked for."""
    chosen = np.ones(len(settings), dtype=bool)
    for name, value in (params or {}).items():
        known = {key for setting in settings for key in setting}
        values: list[Any] = [setting.get(name) for setting in settings]
        chosen &= [np.array_equal(v, value) for v in values]
        if name not in known or not chosen.any():
            expected = "parameters of the search, with values that it tried"
            got = f"{name!r}: {value!r}"
            if name not in known:
                got = f"{name!r}{did_you_mean(name, known)}"
            raise parameter_error("params", owner, expected, got)
    return chosen
