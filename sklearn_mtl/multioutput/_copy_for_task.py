from collections.abc import Mapping
from typing import Any

from sklearn.base import clone

from sklearn_mtl._tasks import Tasks


def copy_for_task(estimator: Any, tasks: Tasks, t: int) -> Any:
    """Return an unfitted copy for one task.

    If the estimator is one for several tasks, or a pipeline with one, what it says of
    each task is reduced to this one.
    """
    copy = clone(estimator)
    if tasks.one_dimensional:
        return copy
    of_task: dict[str, Any] = {}
    for path, value in copy.get_params(deep=True).items():
        name = path.rpartition("__")[2]
        if name == "task_weights":
            of_task[path] = None
        elif name == "task_types":
            of_task[path] = [tasks.kinds[t]]
        elif name == "class_weight" and _is_per_task(value, tasks):
            task = tasks.names[t]
            of_task[path] = value.get(task) if isinstance(value, Mapping) else value[t]
    return copy.set_params(**of_task)


def _is_per_task(class_weight: Any, tasks: Tasks) -> bool:
    """Return whether it has settings of tasks rather than weights of classes."""
    if isinstance(class_weight, Mapping):
        settings = class_weight.values()
        numbers = all(isinstance(setting, (int, float)) for setting in settings)
        return set(class_weight) <= set(tasks.names) and not numbers
    return isinstance(class_weight, (list, tuple))
