"""What candidates predict for rows that they were not fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from sklearn_mtl._parallel import run_jobs
from sklearn_mtl._validation import list_some
from sklearn_mtl.ensemble._candidates._candidates import Candidates
from sklearn_mtl.ensemble._candidates._responses import respond


@dataclass(frozen=True)
class TaskPredictions:
    """The labels of one task that candidates predicted out of fold.

    `rows` (n,) are where they are in the table. A row counts by its weight, divided
    among the folds that test it. `responses` (n_candidates, n, n_classes) are
    probabilities, or quantities with n_classes = 1.
    """

    rows: np.ndarray
    labels: np.ndarray
    counts: np.ndarray
    responses: np.ndarray


def predict_out_of_fold(
    candidates: Candidates, n_jobs: int | None, verbose: int
) -> list[TaskPredictions]:
    """Return what all candidates predict for the test part of every fold, by task.

    A label is left out where the training part has none of its task.
    """
    names = list(candidates.estimators)
    jobs = [(name, fold) for fold in range(len(candidates.folds)) for name in names]
    found = run_jobs(_predict_fold, candidates, jobs, n_jobs, verbose)
    by_fold = [found[i : i + len(names)] for i in range(0, len(jobs), len(names))]
    return [_gather(candidates, by_fold, t) for t in range(candidates.tasks.n_tasks)]


def _predict_fold(
    candidates: Candidates, name: str, fold: int
) -> dict[int, np.ndarray]:
    """Return the responses of the tasks that have a label in the training part."""
    trial, tasks = candidates.trial, candidates.tasks
    estimator, rows = clone(candidates.estimators[name]), candidates.folds[fold]
    try:
        narrow, estimator, learnt = trial.narrow(estimator, rows.train)
        if not len(learnt):
            return {}
        narrow.fit(estimator, rows.train)
        X = _safe_indexing(trial.X, rows.test)
        responses = respond(estimator, X, [tasks.classes[t] for t in learnt])
        _check_finite(responses, [tasks.names[t] for t in learnt])
    except Exception as error:
        error.add_note(f"While fitting {name!r} in fold {fold}, or predicting by it.")
        raise
    return dict(zip(learnt.tolist(), responses, strict=True))


def _check_finite(responses: Sequence[np.ndarray], names: Sequence[str]) -> None:
    broken = [
        name
        for name, response in zip(names, responses, strict=True)
        if not np.isfinite(response).all()
    ]
    if broken:
        raise ValueError(f"Predictions of {list_some(broken)} are not finite.")


def _gather(
    candidates: Candidates, by_fold: list[list[dict[int, np.ndarray]]], t: int
) -> TaskPredictions:
    weights = candidates.weights[:, t]
    rows, responses = [], []
    for fold, found in zip(candidates.folds, by_fold, strict=True):
        if t not in found[0]:
            continue
        labelled = weights[fold.test] > 0
        rows.append(fold.test[labelled])
        responses.append(np.array([of_one[t][labelled] for of_one in found]))
    if not rows:
        classes = candidates.tasks.classes[t]
        width = 1 if classes is None else len(classes)
        nothing = np.empty((len(candidates.estimators), 0, width))
        return TaskPredictions(np.empty(0, int), np.empty(0), np.empty(0), nothing)
    row = np.concatenate(rows)
    order = np.argsort(row, kind="stable")
    row = row[order]
    return TaskPredictions(
        row,
        candidates.targets.columns[t][row],
        weights[row] / np.bincount(row)[row],
        np.concatenate(responses, axis=1)[:, order],
    )
