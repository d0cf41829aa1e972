"""Where the coefficients of a task are among the columns of W."""

from typing import Any

import numpy as np

from sklearn_mtl._tasks import Tasks


def count_columns(tasks: Tasks) -> np.ndarray:
    """Return the columns of each task: one per class, and one for fewer than three."""
    counts = [1 if known is None else len(known) for known in tasks.classes]
    return np.array([count if count > 2 else 1 for count in counts])


def split_by_task(rows: np.ndarray, tasks: Tasks) -> list[np.ndarray]:
    """Split what has a row per column of W."""
    return np.split(rows, count_columns(tasks).cumsum()[:-1])


def join_tasks(rows: Any) -> np.ndarray:
    """Undo the layout of fitted attributes: return a row per column of W."""
    return np.concatenate(rows) if isinstance(rows, list) else np.asarray(rows)
