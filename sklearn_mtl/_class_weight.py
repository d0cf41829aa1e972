"""The weights of classes, task by task."""

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from sklearn_mtl._tasks import Tasks
from sklearn_mtl._validation import check_option, check_task_names, parameter_error

# What the parameter may be; a series is an array, too.
CLASS_WEIGHT_OPTIONS = ["array-like", dict, str, None]


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


def spell_out(class_weight: Any, names: Iterable[str]) -> Any:
    """Return a series as a dict by task or by class, or as a list of settings.

    All else is returned as it is.
    """
    if not hasattr(class_weight, "to_dict"):
        return class_weight
    by_label = class_weight.to_dict()
    if any(str(label) in names for label in by_label):
        return by_label
    weighs_classes = all(isinstance(weight, Real) for weight in by_label.values())
    return by_label if weighs_classes else list(class_weight)


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
    class_weight = spell_out(class_weight, tasks.names)
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
    settings = [spell_out(setting, ()) for setting in settings]
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
