"""What the results of candidates say of each task."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl.model_selection._search._weightings import rank

# What fitting and scoring a candidate on a fold gave, as scikit-learn has it.
Result = dict[str, Any]


def fill_in_names(results: Sequence[Result]) -> None:
    """Where scoring failed, put NaN for each score that it gave elsewhere."""
    for kind in ("test_scores", "train_scores"):
        found = [result[kind] for result in results if kind in result]
        named = [scores for scores in found if isinstance(scores, Mapping)]
        for result in results if named else ():
            if not isinstance(result[kind], Mapping):
                result[kind] = dict.fromkeys(named[0], np.nan)


def find_task_scores(
    results: Mapping[str, Any], tasks: Sequence[str], n_splits: int
) -> np.ndarray | None:
    """Return the mean scores (n_candidates, n_tasks) from `cv_results_`.

    A fold in which a task has no score is left out of its mean. None without scores
    by task.
    """
    columns = [
        [results.get(f"split{fold}_test_{task}") for fold in range(n_splits)]
        for task in tasks
    ]
    if any(column is None for of_task in columns for column in of_task):
        return None
    return _nanmean(np.array(columns, dtype=np.float64), axis=1).T


def find_front(scores: np.ndarray) -> np.ndarray:
    """Return the candidates that no other dominates, the best mean first."""
    order, front = rank(scores)
    return order[front[order] == 0]


def score_weightings(
    results: Sequence[Sequence[Result | None]], tasks: Sequence[str], n_points: int
) -> np.ndarray:
    """Return the task scores of each weighting, (n_weightings, n_tasks or 1).

    Each has results for `n_points` points of a grid; the one of the best mean counts.
    """
    found = [_score_candidate(folds, tasks) for folds in results]
    # Where all failed, there is one NaN only.
    width = max(map(len, found))
    scores = np.array([own if len(own) == width else [np.nan] * width for own in found])
    by_point = scores.reshape(-1, n_points, scores.shape[1])
    means = np.nan_to_num(by_point.mean(axis=2), nan=-np.inf)
    return by_point[np.arange(len(by_point)), means.argmax(axis=1)]


def _score_candidate(
    folds: Sequence[Result | None], tasks: Sequence[str]
) -> np.ndarray:
    """Return the scores of the tasks, or the only score, without scores by task."""
    found = [None if result is None else result["test_scores"] for result in folds]
    rows = []
    for scores in found:
        if isinstance(scores, Mapping) and all(task in scores for task in tasks):
            rows.append([scores[task] for task in tasks])
        elif isinstance(scores, Mapping):
            rows.append([np.mean(list(scores.values()))])
        else:
            rows.append([np.nan if scores is None else scores])
    width = max(map(len, rows))
    table = [row if len(row) == width else [np.nan] * width for row in rows]
    return _nanmean(np.array(table, dtype=np.float64), axis=0)


def _nanmean(values: np.ndarray, axis: int) -> np.ndarray:
    with warnings.catch_warnings():
        # Of a task without any score it is NaN.
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(values, axis=axis)
