from collections.abc import Mapping
from typing import Any

import numpy as np

from sklearn_mtl.model_selection._compare._fit_and_score import Outcome
from sklearn_mtl.model_selection._compare._run_fits import Key, Plan


def gather(
    plan: Plan, outcomes: Mapping[Key, Outcome], observed: np.ndarray
) -> dict[str, Any]:
    """Return what a TaskComparison is made of, from the folds that are finished."""
    folds = plan.finished_folds(outcomes)
    last = plan.n_sizes - 1
    of_fold = {
        name: [outcomes[Key(last, fold, name)] for fold in folds]
        for name in plan.estimators
    }
    chosen = {
        name: [outcome.best_params for outcome in outcomes_of]
        for name, outcomes_of in of_fold.items()
    }
    gathered = {
        "scores": {n: np.array([o.scores for o in of_fold[n]]) for n in of_fold},
        "fit_time": {n: np.array([o.fit_time for o in of_fold[n]]) for n in of_fold},
        "model_size": {
            n: np.array([o.model_size for o in of_fold[n]]) for n in of_fold
        },
        "best_params": {
            name: of_name
            for name, of_name in chosen.items()
            if any(params is not None for params in of_name)
        },
        "n_train": _count_labels(observed, [plan.parts[f][last] for f in folds]),
        "n_test": _count_labels(observed, [plan.folds[f].test for f in folds]),
    }
    if plan.n_sizes > 1:
        gathered |= _gather_curve(plan, outcomes, observed, folds)
    return gathered


def _gather_curve(
    plan: Plan,
    outcomes: Mapping[Key, Outcome],
    observed: np.ndarray,
    folds: list[int],
) -> dict[str, Any]:
    """Return the scores at every size; NaN for fits that were not finished."""
    nothing = np.full(observed.shape[1], np.nan)
    sizes = [
        size
        for size in range(plan.n_sizes)
        if any(
            Key(size, fold, n) in outcomes for fold in folds for n in plan.estimators
        )
    ]
    parts = [[plan.parts[fold][size] for fold in folds] for size in sizes]
    scores = {
        name: np.array(
            [
                [
                    _scores(outcomes.get(Key(size, fold, name)), nothing)
                    for fold in folds
                ]
                for size in sizes
            ]
        )
        for name in plan.estimators
    }
    return {
        "train_sizes": [round(np.mean([len(rows) for rows in of])) for of in parts],
        "curve_scores": scores,
        "curve_labels": [_count_labels(observed, of_size) for of_size in parts],
    }


def _scores(outcome: Outcome | None, nothing: np.ndarray) -> np.ndarray:
    return nothing if outcome is None else outcome.scores


def _count_labels(observed: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    return np.array([observed[rows].sum(axis=0) for rows in parts])
