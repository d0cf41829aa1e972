from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from sklearn.base import clone

from sklearn_mtl._class_weight import spell_out
from sklearn_mtl._tasks import Tasks
from sklearn_mtl._validation import check_task_weights


def copy_for_task(estimator: Any, tasks: Tasks, t: int) -> Any:
    """Return an unfitted copy for one task, whose labels come in one dimension.

    If the estimator is one for several tasks, or a pipeline with one, what it says of
    each task is reduced to this one.
    """
    copy = clone(estimator)
    if tasks.one_dimensional:
        return copy
    of_task: dict[str, Any] = {}
    for path, value in _about_tasks(copy, tasks):
        name = path.rpartition("__")[2]
        if name == "task_weights":
            of_task[path] = None
        else:
            of_task[path] = _reduce(name, value, tasks, [t])
            if name == "class_weight":
                of_task[path] = of_task[path][0]
    return copy.set_params(**of_task)


def copy_for_tasks(estimator: Any, tasks: Tasks, chosen: Sequence[int]) -> Any:
    """Return an unfitted copy for some tasks, two or more, in the order chosen.

    What the estimator says of each task is reduced to these, by position.
    """
    copy = clone(estimator)
    return copy.set_params(
        **{
            path: _reduce(path.rpartition("__")[2], value, tasks, chosen)
            for path, value in _about_tasks(copy, tasks)
        }
    )


def _about_tasks(estimator: Any, tasks: Tasks) -> list[tuple[str, Any]]:
    """Return the parameters, by path, that have a setting for each task."""
    found = []
    for path, value in estimator.get_params(deep=True).items():
        name = path.rpartition("__")[2]
        if name == "class_weight":
            value = spell_out(value, tasks.names)
        if (
            name in ("task_weights", "task_types")
            or (name == "class_weight" and _is_per_task(value, tasks))
            or (path.endswith("task_sampler__scores") and value is not None)
        ):
            found.append((path, value))
    return found


def _reduce(name: str, value: Any, tasks: Tasks, chosen: Sequence[int]) -> Any:
    """Return the settings of the chosen tasks."""
    if name == "task_types":
        return [tasks.kinds[t] for t in chosen]
    if name == "task_weights":
        return _reduce_weights(value, tasks, chosen)
    if isinstance(value, Mapping):
        # Columns of a data frame may be named by numbers.
        by_name = {str(task): setting for task, setting in value.items()}
        return [by_name.get(tasks.names[t]) for t in chosen]
    return [value[t] for t in chosen]


def _reduce_weights(value: Any, tasks: Tasks, chosen: Sequence[int]) -> Any:
    # A search has a list of weightings there, or what it makes them from.
    if value is None or isinstance(value, (str, Integral)):
        return value
    if not isinstance(value, Mapping) and not all(isinstance(w, Real) for w in value):
        return [_reduce_weights(weights, tasks, chosen) for weights in value]
    weights = check_task_weights(value, tasks.names, "the estimator")[chosen]
    # Tasks without weight that are to be learnt after all count alike.
    return weights.tolist() if weights.any() else None


def _is_per_task(class_weight: Any, tasks: Tasks) -> bool:
    """Return whether it has settings of tasks rather than weights of classes."""
    if isinstance(class_weight, Mapping):
        settings = class_weight.values()
        numbers = all(isinstance(setting, (int, float)) for setting in settings)
        return set(map(str, class_weight)) <= set(tasks.names) and not numbers
    return isinstance(class_weight, (list, tuple))
