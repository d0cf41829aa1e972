"""What a comparison says at every size of the training part."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._validation import import_optional, list_some
from sklearn_mtl.model_selection._compare._delta_m_interval import say_delta_m
from sklearn_mtl.model_selection._compare._task_result import TaskResult

# The results of each task at each size, by estimator.
Curve = Mapping[str, Sequence[Sequence[TaskResult]]]


def tabulate(
    curve: Curve,
    sizes: np.ndarray,
    labels: np.ndarray,
    tasks: Sequence[str],
    metrics: Sequence[str],
) -> Any:
    """Return a data frame with a row per estimator, size and task."""
    pd = import_optional("pandas", "pandas", "TaskComparison.learning_curve")
    index = pd.MultiIndex.from_product(
        [list(curve), sizes, list(tasks)], names=["estimator", "train_size", "task"]
    )
    rows = [
        {"metric": metric, "n_labels": count, **result._asdict()}
        for of_estimator in curve.values()
        for of_size, counts in zip(of_estimator, labels.mean(axis=1), strict=True)
        for metric, count, result in zip(metrics, counts, of_size, strict=True)
    ]
    return pd.DataFrame(rows, index=index)


def find_last_help(
    curve: Curve, sizes: np.ndarray, tasks: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return the largest size at which each estimator helps each task, 0 if none."""
    found = {}
    for name, of_estimator in curve.items():
        helps = np.array([[r.verdict == "helps" for r in row] for row in of_estimator])
        largest = np.where(helps, sizes[:, np.newaxis], 0).max(axis=0)
        found[name] = dict(zip(tasks, largest.tolist(), strict=True))
    return found


def say_last_help(last_help: Mapping[str, int], sizes: np.ndarray) -> str:
    """Return in words up to how many training rows an estimator helps each task."""
    parts = []
    for size in [*sizes[::-1].tolist(), 0]:
        tasks = [task for task, last in last_help.items() if last == size]
        if tasks:
            most = " (all)" if size == sizes[-1] else ""
            where = f"up to {size}{most}" if size else "at none"
            parts.append(f"{where}: {list_some(tasks)}")
    shown = ", ".join(map(str, sizes.tolist()))
    return f"Of {shown} training rows, it helps {'; '.join(parts)}."


def say_curve_delta_m(values: np.ndarray, sizes: np.ndarray) -> str:
    """Return Δm at every size in words, from rows of Δm and its interval."""
    parts = [
        f"{size} rows {say_delta_m(value, interval).removeprefix('Δm ')}"
        for size, (value, *interval) in zip(sizes.tolist(), values, strict=True)
    ]
    return f"Δm with {'; '.join(parts)}."
