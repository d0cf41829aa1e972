"""The scores of several tasks and their average."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_mtl._validation import (
    check_option,
    check_task_weights,
    did_you_mean,
    list_some,
    parameter_error,
)
from sklearn_mtl.metrics._metric import Metric, UndefinedScoreError
from sklearn_mtl.metrics._pairs import Pairs

AVERAGES = ("macro", "weighted")


@dataclass(frozen=True)
class TaskScores:
    """The score of each task, NaN if it has none, and the weight of its labels."""

    names: tuple[str, ...]
    values: np.ndarray
    support: np.ndarray

    def select(self, task: Any, owner: str) -> "TaskScores":
        """Return the score of the task with this name or position."""
        t = find_task(task, self.names, owner)
        return TaskScores((self.names[t],), self.values[[t]], self.support[[t]])

    def as_dict(self) -> dict[str, float]:
        return dict(zip(self.names, self.values.tolist(), strict=True))

    def average(self, average: str, task_weights: Any, owner: str) -> float:
        """Return the mean over the tasks that have a score, NaN if none has one."""
        check_option(average, AVERAGES, "average", owner)
        weights = check_task_weights(task_weights, self.names, owner)
        if average == "weighted":
            weights = weights * self.support
        defined = ~np.isnan(self.values)
        if not weights[defined].any():
            return np.nan
        return float(np.average(self.values[defined], weights=weights[defined]))


def find_task(task: Any, names: Sequence[str], owner: str, name: str = "task") -> int:
    """Return where the task with this name or position is; `name` is the parameter."""
    if isinstance(task, Integral) and int(task) in range(len(names)):
        return int(task)
    if task in names:
        return names.index(task)
    expected = f"the name of a task ({list_some(names)}) or its position"
    got = f"{task!r}{did_you_mean(task, names)}"
    raise parameter_error(name, owner, expected, got)


def score_tasks(
    metric: Metric, pairs: Pairs, tasks: Sequence[Any] | None = None
) -> TaskScores:
    """Score all tasks, or those chosen; warn of those whose score is undefined."""
    names = pairs.names
    chosen = list(range(len(names)))
    if tasks is not None:
        chosen = [find_task(task, names, pairs.owner) for task in tasks]
    values = np.full(len(chosen), np.nan)
    undefined: dict[str, list[str]] = {}
    for i, t in enumerate(chosen):
        try:
            values[i] = metric.score(pairs[t])
        except UndefinedScoreError as reason:
            undefined.setdefault(str(reason), []).append(names[t])
    warn_undefined(f"The metric {metric.name!r} is", undefined)
    return TaskScores(
        names=tuple(names[t] for t in chosen),
        values=values,
        support=pairs.support[chosen],
    )


def warn_undefined(what: str, tasks_by_reason: dict[str, list[str]]) -> None:
    """Warn once of all tasks without a score."""
    groups = [f"{list_some(tasks)} ({why})" for why, tasks in tasks_by_reason.items()]
    if groups:
        warnings.warn(
            f"{what} undefined for the task(s) {', '.join(groups)}.",
            UndefinedMetricWarning,
            stacklevel=4,
        )


def check_one_task(task: Any, task_weights: Any, owner: str) -> None:
    """Raise if task weights are given for a single task."""
    if task is not None and task_weights is not None:
        got = repr(task_weights)
        raise parameter_error("task_weights", owner, f"None for task={task!r}", got)


def check_has_score(score: float, owner: str) -> float:
    """Return the score; raise if it is undefined."""
    if np.isnan(score):
        raise ValueError(f"{owner} found no task that has a score and a weight.")
    return score
