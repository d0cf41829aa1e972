"""The grammar of every error message, and checks that several estimators share."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import numpy as np


def parameter_error(name: str, owner: str, expected: str, got: Any) -> ValueError:
    """Return the error that says which parameter of whom must be what."""
    return ValueError(
        f"The '{name}' parameter of {owner} must be {expected}, got {got}."
    )


def did_you_mean(word: Any, choices: Iterable[Any]) -> str:
    """Return " (did you mean 'x'?)" for the choice nearest to `word`, or ""."""
    nearest = get_close_matches(str(word), [str(choice) for choice in choices], n=1)
    return f" (did you mean {nearest[0]!r}?)" if nearest else ""


def list_some(items: Iterable[Any], limit: int = 10) -> str:
    """Return the items as text, the last ones left out when they are many."""
    items = [repr(item) for item in items]
    if len(items) > limit:
        items = [*items[: limit - 1], f"... ({len(items)} in all)"]
    return ", ".join(items)


def check_option(value: Any, choices: Iterable[str], name: str, owner: str) -> None:
    """Raise unless `value` is one of the named choices; suggest the nearest."""
    choices = list(choices)
    if value not in choices:
        raise parameter_error(
            name,
            owner,
            f"one of {list_some(choices, limit=40)}",
            f"{value!r}{did_you_mean(value, choices)}",
        )


def check_task_names(
    given: Iterable[Any], names: Iterable[str], name: str, owner: str
) -> None:
    """Raise if `given` holds a name that is no task's; suggest the nearest."""
    names = list(names)
    for task in given:
        if str(task) not in names:
            raise parameter_error(
                name,
                owner,
                f"keyed by task names ({list_some(names)})",
                f"{task!r}{did_you_mean(task, names)}",
            )


def check_task_weights(
    task_weights: Any, names: Iterable[str], owner: str
) -> np.ndarray:
    """Return the weight of each task as floats of shape (n_tasks,).

    None weighs all tasks alike; in a mapping, tasks that are not named keep weight 1.
    """
    names = list(names)
    if task_weights is None:
        return np.ones(len(names))
    if hasattr(task_weights, "to_dict") and set(task_weights.index) & set(names):
        task_weights = task_weights.to_dict()
    if isinstance(task_weights, Mapping):
        check_task_names(task_weights, names, "task_weights", owner)
        by_name = {str(task): weight for task, weight in task_weights.items()}
        task_weights = [by_name.get(task, 1.0) for task in names]
    try:
        weights = np.array(task_weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise parameter_error(
            "task_weights",
            owner,
            "None, a sequence of numbers or a dict from task name to number",
            repr(task_weights),
        ) from None
    if weights.shape != (len(names),):
        raise parameter_error(
            "task_weights",
            owner,
            f"of length {len(names)}, one weight per task ({list_some(names)})",
            f"{task_weights!r} of shape {weights.shape}",
        )
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise parameter_error(
            "task_weights",
            owner,
            "finite and non-negative, with at least one weight above 0",
            repr(task_weights),
        )
    return weights


def check_classes(classes: Any, n_tasks: int, owner: str) -> list[np.ndarray | None]:
    """Return the classes of each task, None where they are not given.

    One sequence of classes will do for one task.
    """
    if classes is None:
        return [None] * n_tasks
    if n_tasks == 1 and len(classes) and np.ndim(classes[0]) == 0:
        classes = [classes]
    arrays = [None if known is None else np.asarray(known) for known in classes]
    if len(arrays) != n_tasks or any(a is not None and a.ndim != 1 for a in arrays):
        expected = f"a list of {n_tasks} arrays, the classes of each task"
        raise parameter_error("classes", owner, expected, repr(classes))
    return arrays


def check_sample_weight(
    sample_weight: Any, observed: np.ndarray, owner: str
) -> np.ndarray:
    """Return one weight per label, (n_samples, n_tasks): 0 where it is missing."""
    if sample_weight is None:
        return observed.astype(np.float64)
    n_samples, n_tasks = observed.shape
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        expected = "None, or numbers in an array of one length"
        raise parameter_error("sample_weight", owner, expected, error) from None
    if weights.ndim == 0:
        weights = np.full(n_samples, weights)
    if weights.ndim == 1:
        weights = weights[:, np.newaxis]
    elif weights.ndim > 2 or weights.shape[1] != n_tasks:
        weights = np.empty(0)
    if len(weights) != n_samples:
        raise parameter_error(
            "sample_weight",
            owner,
            f"of shape ({n_samples},) or ({n_samples}, {n_tasks})",
            f"shape {np.shape(sample_weight)}",
        )
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise parameter_error(
            "sample_weight", owner, "finite and non-negative", "other values"
        )
    return weights * observed


def largest_number(table: Any) -> float:
    """Return the largest absolute value of an array or a sparse matrix, 0 if empty."""
    values = table.data if hasattr(table, "tocsr") else table
    return float(max(values.max(initial=0), -values.min(initial=0)))


def import_optional(package: str, extra: str, owner: str) -> Any:
    """Import a package that `owner` needs, or raise naming the extra that brings it."""
    try:
        return import_module(package)
    except ImportError as error:
        raise ImportError(
            f"{owner} needs {package.partition('.')[0]}: "
            f'pip install "sklearn-mtl[{extra}]"'
        ) from error
