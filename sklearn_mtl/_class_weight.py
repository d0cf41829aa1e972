"""The weights of classes, task by task."""

import math
from numbers import Real
from typing import Any

import numpy as np

from sklearn_mtl._tasks import Tasks
from sklearn_mtl._validation import check_option, check_task_names, parameter_error


def weigh_classes(
    class_weight: Any,
    tasks: Tasks,
    encoded: np.ndarray,
    weights: np.ndarray,
    owner: str,
) -> np.ndarray:
    """Return the weights of the labels, times the weight of their class."""
    if class_weight is None:
        return weights
    weights = weights.copy()
    for t, setting in enumerate(_by_task(class_weight, tasks, owner)):
        classes = tasks.classes[t]
        if setting is None or classes is None:
            continue
        seen = weights[:, t] > 0
        codes = encoded[seen, t].astype(np.intp)
        if setting == "balanced":
            count = np.bincount(codes, weights[seen, t], len(classes))
            by_class = count.sum() / ((count > 0).sum() * np.where(count, count, 1.0))
        else:
            _check_classes(setting, classes, tasks.names[t], owner)
            by_class = np.array([setting.get(c, 1.0) for c in classes.tolist()])
        weights[seen, t] *= by_class[codes]
        if seen.any() and not weights[:, t].any():
            raise parameter_error(
                "class_weight",
                owner,
                f"above 0 for a class that task {tasks.names[t]!r} has labels of",
                repr(setting),
            )
    return weights


def _check_classes(
    setting: dict[Any, float], classes: np.ndarray, task: str, owner: str
) -> None:
    for label, weight in setting.items():
        if label not in classes.tolist():
            raise parameter_error(
                "class_weight",
                owner,
                f"keyed by the classes of task {task!r} ({classes.tolist()})",
                repr(label),
            )
        if not isinstance(weight, Real) or not 0 <= weight < math.inf:
            raise parameter_error(
                "class_weight",
                owner,
                f"finite and non-negative for every class of task {task!r}",
                f"{weight!r} for class {label!r}",
            )


def _by_task(class_weight: Any, tasks: Tasks, owner: str) -> list[Any]:
    if isinstance(class_weight, str):
        check_option(class_weight, ["balanced"], "class_weight", owner)
        return [class_weight] * tasks.n_tasks
    if hasattr(class_weight, "to_dict") and any(
        str(label) in tasks.names for label in class_weight.index
    ):
        class_weight = class_weight.to_dict()
    if isinstance(class_weight, dict):
        if tasks.one_dimensional:
            return [class_weight]
        check_task_names(class_weight, tasks.names, "class_weight", owner)
        # Columns of a data frame may be named by numbers.
        by_name = {str(task): setting for task, setting in class_weight.items()}
        settings = [by_name.get(task) for task in tasks.names]
    else:
        settings = list(class_weight)
        if len(settings) != tasks.n_tasks:
            raise parameter_error(
                "class_weight",
                owner,
                f"of length {tasks.n_tasks}, one setting per task",
                f"{len(settings)} setting(s)",
            )
    for task, setting in zip(tasks.names, settings, strict=True):
        named = isinstance(setting, str) and setting == "balanced"
        if not (named or setting is None or isinstance(setting, dict)):
            raise parameter_error(
                "class_weight",
                owner,
                f"None, 'balanced' or a dict from class to weight for task {task!r}",
                repr(setting),
            )
    return settings
