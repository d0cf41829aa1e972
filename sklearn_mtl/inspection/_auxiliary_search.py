"""The search for tasks that raise the score of one, forward from none."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_mtl._validation import import_optional
from sklearn_mtl.inspection._affinity._subset_scores import SubsetScores


class AuxiliarySearch:
    """Sets of tasks with the target, and its scores over the folds.

    `sets` has the auxiliary tasks of each set that was tried, `scores` the scores
    (n_folds,), both starting with the target alone. At most `n_sets` are tried.
    """

    def __init__(self, scores_of: SubsetScores, target: int, n_sets: int | None):
        self.scores_of = scores_of
        self.target = target
        self.n_sets = n_sets
        self.sets: list[list[int]] = []
        self.scores: list[np.ndarray] = []
        self.chosen: list[int] = []

    def run(self, order: Sequence[int], max_tasks: int | None) -> None:
        """Choose of the tasks, tried in this order while the budget lasts."""
        self._try([[]])
        left, current = list(order), 0
        while left and (max_tasks is None or len(self.chosen) < max_tasks):
            n_tried = len(self.sets)
            # Without a budget there is no end.
            to_try = left[: None if self.n_sets is None else self.n_sets - n_tried]
            if not to_try:
                break
            self._try([[*self.chosen, task] for task in to_try])
            means = [_nan_mean(scores) for scores in self.scores[n_tried:]]
            if np.isnan(means).all():
                break
            best = n_tried + int(np.nanargmax(means))
            if not _is_above_noise(self.scores[best] - self.scores[current]):
                break
            current, self.chosen = best, self.sets[best]
            left.remove(self.chosen[-1])

    def scores_of_others_choice(self) -> np.ndarray:
        """Return the score in each fold of the set that is best in the other folds."""
        scores = np.array(self.scores)
        found = np.full(scores.shape[1], np.nan)
        for fold in range(scores.shape[1]):
            others = np.delete(scores, fold, axis=1)
            known = ~np.isnan(others).any(axis=0)
            means = others[:, known].mean(axis=1) if known.any() else np.zeros(1)
            found[fold] = scores[int(means.argmax()), fold]
        return found

    def table(self, names: Sequence[str]) -> Any:
        """Return all that was tried as a data frame."""
        pandas = import_optional("pandas", "pandas", "select_auxiliary_tasks")
        alone = self.scores[0]
        rows = []
        for tasks, scores in zip(self.sets, self.scores, strict=True):
            step = len(tasks)
            rows.append(
                {
                    "step": step,
                    "added": names[tasks[-1]] if tasks else None,
                    "mean": _nan_mean(scores),
                    "std": np.nanstd(scores, ddof=1) if len(scores) > 1 else np.nan,
                    "gain": _nan_mean(scores - alone),
                    "chosen": tasks == self.chosen[:step],
                }
            )
        return pandas.DataFrame(rows)

    def _try(self, sets: list[list[int]]) -> None:
        # In the order of the columns of Y, whatever was found first.
        scores = self.scores_of([sorted([self.target, *tasks]) for tasks in sets])
        self.sets += sets
        self.scores += list(scores[:, :, self.target])


def _is_above_noise(gains: np.ndarray) -> bool:
    """Return whether the mean gain is more than one standard error above 0."""
    gains = gains[~np.isnan(gains)]
    if not len(gains):
        return False
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0.0
    return bool(gains.mean() > error)


def _nan_mean(scores: np.ndarray) -> float:
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if len(known) else np.nan
