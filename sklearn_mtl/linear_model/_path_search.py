"""Paths of solutions for many penalties, over the folds of a cross-validation."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.parallel import _get_threadpool_controller

from sklearn_mtl._parallel import run_jobs
from sklearn_mtl.linear_model._folds import Fold
from sklearn_mtl.linear_model._held_out import HeldOutScore
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer
from sklearn_mtl.linear_model.solvers._solve import make_problem


@dataclass(frozen=True)
class Stretch:
    """What came of one path on one fold: scores by alpha, and the last solution."""

    scores: np.ndarray
    of_tasks: np.ndarray
    last: np.ndarray
    errors: list[float]


@dataclass
class Path:
    """A penalty with the weights that were tried, descending, and their scores.

    `scores` is (n_alphas, n_folds), `of_tasks` (n_alphas, n_folds, n_tasks). If
    `ends_at_zero`, all coefficients are 0 with the first weight and any larger one.
    """

    params: dict[str, Any]
    regularizer: Regularizer
    alphas: np.ndarray
    ends_at_zero: bool
    scores: np.ndarray
    of_tasks: np.ndarray
    lasts: list[np.ndarray]

    @classmethod
    def begin(
        cls,
        params: dict[str, Any],
        regularizer: Regularizer,
        n_folds: int,
        n_tasks: int,
        *,
        ends_at_zero: bool,
    ) -> "Path":
        """Return a path without any weight."""
        return cls(
            params,
            regularizer,
            np.empty(0),
            ends_at_zero,
            np.empty((0, n_folds)),
            np.empty((0, n_folds, n_tasks)),
            [],
        )

    @property
    def means(self) -> np.ndarray:
        """The mean over the folds that have a score, -inf where none has one."""
        scored = ~np.isnan(self.scores)
        sums = np.where(scored, self.scores, 0).sum(axis=1)
        counts = scored.sum(axis=1)
        none = np.full(len(sums), -np.inf)
        return np.divide(sums, counts, out=none, where=counts > 0)

    def add(self, alphas: np.ndarray, stretches: list[Stretch], at: int) -> None:
        """Put in the weights `alphas` and what came of them, from position `at` on."""
        self.alphas = np.insert(self.alphas, at, alphas)
        scores = np.column_stack([stretch.scores for stretch in stretches])
        of_tasks = np.stack([stretch.of_tasks for stretch in stretches], axis=1)
        self.scores = np.insert(self.scores, [at] * len(alphas), scores, axis=0)
        self.of_tasks = np.insert(self.of_tasks, [at] * len(alphas), of_tasks, axis=0)


@dataclass
class PathSearch:
    """Walks paths on all folds, and keeps count of what did not converge."""

    model: Any
    folds: list[Fold]
    score: HeldOutScore
    n_jobs: int | None
    verbose: int

    def __post_init__(self) -> None:
        self.n_fits = 0
        self.errors: list[float] = []

    def walk(self, paths: list[Path], alphas: list[np.ndarray]) -> None:
        """Add the weights, each path having none so far."""
        jobs = [
            (path.regularizer, of_path, fold, None)
            for path, of_path in zip(paths, alphas, strict=True)
            for fold in range(len(self.folds))
        ]
        stretches, n_folds = self._run(jobs), len(self.folds)
        for i, path in enumerate(paths):
            of_folds = stretches[i * n_folds : (i + 1) * n_folds]
            path.add(alphas[i], of_folds, at=0)
            path.lasts = [stretch.last for stretch in of_folds]

    def extend(self, path: Path, alphas: np.ndarray, *, upwards: bool) -> None:
        """Add weights before the first of a path or after its last."""
        lasts: list[Any] = [None] * len(self.folds) if upwards else path.lasts
        jobs = [
            (path.regularizer, alphas, fold, last) for fold, last in enumerate(lasts)
        ]
        stretches = self._run(jobs)
        path.add(alphas, stretches, at=0 if upwards else len(path.alphas))
        if not upwards:
            path.lasts = [stretch.last for stretch in stretches]

    def _run(self, jobs: list[Any]) -> list[Stretch]:
        shared = self.model, self.score, self.folds
        stretches = run_jobs(walk_path, shared, jobs, self.n_jobs, self.verbose)
        self.n_fits += sum(len(stretch.scores) for stretch in stretches)
        self.errors += [error for stretch in stretches for error in stretch.errors]
        return stretches


def walk_path(
    shared: tuple[Any, HeldOutScore, list[Fold]],
    regularizer: Regularizer,
    alphas: np.ndarray,
    fold_number: int,
    start: np.ndarray | None,
) -> Stretch:
    """Solve for one weight after the other, each from the solution before it."""
    model, score, folds = shared
    fold = folds[fold_number]
    shape = fold.data.n_features, fold.data.n_columns
    components = np.zeros((regularizer.penalty.n_components, *shape))
    if start is not None:
        components = start
    if not fold.data.weights.any():
        none = np.full((len(alphas), fold.data.n_tasks), np.nan)
        return Stretch(np.full(len(alphas), np.nan), none, components, [])
    scores, of_tasks, errors = [], [], []
    # More threads would change the sums by rounding, and so would other workers.
    with _get_threadpool_controller().limit(limits=1, user_api="blas"):
        problem = fold.problem or make_problem(
            fold.data, model._make_loss, is_reused=True
        )
        for alpha in alphas:
            weighed = replace(regularizer, alpha=float(alpha))
            solution = model._solve(fold.data, problem, weighed, components)
            components = solution.components
            of_all, of_each = score(model, solution, regularizer.penalty, fold)
            scores.append(of_all)
            of_tasks.append(of_each)
            if not solution.converged:
                errors.append(solution.error)
    return Stretch(np.array(scores), np.array(of_tasks), components, errors)
