"""Which penalties and weights a cross-validation tries, and how far it goes."""

import warnings
from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.model_selection import ParameterGrid

from sklearn_mtl._tasks import Tasks
from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.linear_model._alpha_path import extend_path, find_ends, make_path
from sklearn_mtl.linear_model._path_search import Path, PathSearch
from sklearn_mtl.linear_model._search_results import find_best
from sklearn_mtl.linear_model.solvers._problem import Problem
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer

_MAX_EXTENSIONS = 2
# By which share of the best score the end of a path must have raised it to go on.
_WORTHWHILE = 1e-3


def check_alphas(alphas: Any, owner: str) -> None:
    """Raise unless it is a number of weights, or a sequence of weights."""
    if isinstance(alphas, Integral):
        return
    try:
        array = np.asarray(alphas, dtype=np.float64)
        sound = np.isfinite(array).all() and (array >= 0).all()
        good = array.ndim == 1 and len(array) > 0 and bool(sound)
    except (TypeError, ValueError):
        good = False
    if not good:
        expected = "a number of weights, or a sequence of finite numbers of at least 0"
        raise parameter_error("alphas", owner, expected, repr(alphas))


def search_penalties(search: PathSearch, problem: Problem, tasks: Tasks) -> list[Path]:
    """Walk the path of each penalty, and beyond its end if the best is there."""
    model = search.model
    gradient = problem.evaluate(np.zeros(problem.shape)).gradient
    paths, alphas = [], []
    for params, regularizer in _find_candidates(model, problem, gradient, tasks):
        alpha_max = regularizer.alpha_max(gradient)
        if isinstance(model.alphas, Integral):
            ends = find_ends(alpha_max, problem.lipschitz, model.eps)
            of_path = make_path(*ends, int(model.alphas))
        else:
            of_path = np.unique(np.asarray(model.alphas, np.float64))[::-1]
        alphas.append(of_path)
        path = Path.begin(
            params,
            regularizer,
            len(search.folds),
            tasks.n_tasks,
            ends_at_zero=bool(of_path[0] >= alpha_max),
        )
        paths.append(path)
    search.walk(paths, alphas)
    n_alphas = len(alphas[0])
    if isinstance(model.alphas, Integral) and n_alphas > 1:
        _extend(search, paths, n_more=max(1, n_alphas // 2))
    return paths


def _find_candidates(
    model: Any, problem: Problem, gradient: np.ndarray, tasks: Tasks
) -> Iterator[tuple[dict[str, Any], Regularizer]]:
    """Yield the parameters to try, each with the penalty that they make."""
    first = model._make_regularizer(model.penalty, tasks, len(gradient))
    grid = {} if model.param_grid is None else model.param_grid
    if isinstance(grid, str):
        alpha_max = first.alpha_max(gradient)
        scale = problem.lipschitz / alpha_max if 0 < alpha_max < np.inf else 1.0
        named = isinstance(model.penalty, str)
        seen = first.fold(gradient).shape
        grid = first.penalty._search_grid(*seen, scale) if named else {}
    for params in ParameterGrid(grid):
        if "alpha" in params:
            owner = type(model).__name__
            expected = "of parameters of the penalty; its weights are in `alphas`"
            raise parameter_error("param_grid", owner, expected, "'alpha'")
        penalty = clone(first.penalty).set_params(**params)
        yield params, model._make_regularizer(penalty, tasks, len(gradient))


def _extend(search: PathSearch, paths: list[Path], n_more: int) -> None:
    for _ in range(_MAX_EXTENSIONS):
        path, best = find_best(paths)
        edge = _find_edge(path, best)
        # Smaller weights are harder still for a solver.
        if edge is None or search.errors:
            return
        means = path.means if edge == "smallest" else path.means[::-1]
        gain = means[-1] - means[-1 - n_more // 2]
        if gain <= _WORTHWHILE * abs(means[-1]):
            return
        upwards = edge == "largest"
        more = extend_path(path.alphas, n_more, upwards=upwards)
        search.extend(path, more, upwards=upwards)


def _find_edge(path: Path, best: int) -> str | None:
    """Return which end of the path the best weight is, None if it is inside."""
    if len(path.alphas) == 1 or not np.isfinite(path.means[best]):
        return None
    if best == len(path.alphas) - 1:
        return "smallest"
    return "largest" if best == 0 and not path.ends_at_zero else None


def warn_of_search(search: PathSearch, path: Path, best: int, tasks: Tasks) -> None:
    """Warn of what makes the choice doubtful."""
    owner = type(search.model).__name__
    if search.errors:
        _warn(
            f"{owner} did not converge in {len(search.errors)} of {search.n_fits} fits "
            f"of the cross-validation: relative error up to {max(search.errors):.2g}, "
            f"above tol={search.model.tol:.2g}. Raise max_iter or tol, or scale the "
            "features.",
            ConvergenceWarning,
        )
    if (edge := _find_edge(path, best)) is not None:
        other = {"smallest": "smaller", "largest": "larger"}[edge]
        _warn(
            f"The best alpha of {owner} is the {edge} that was tried, "
            f"{path.alphas[best]:.3g}: {other} ones may be better. Give other "
            "`alphas`, or another `eps`.",
            UserWarning,
        )
    unscored = np.isnan(path.of_tasks).all(axis=(0, 1))
    if search.model.scoring is None and unscored.any():
        names = [tasks.names[t] for t in np.flatnonzero(unscored)]
        _warn(
            f"{owner} has no held-out score of the task(s) {list_some(names)}: they "
            "have too few labels to be in both parts of a split.",
            UndefinedMetricWarning,
        )


def _warn(message: str, category: type[Warning]) -> None:
    warnings.warn(message, category, stacklevel=5)
