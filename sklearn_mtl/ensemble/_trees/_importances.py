"""How much each feature does for each task."""

import numpy as np


class Importances:
    """Decreases of impurity, as shares of a tree, then averaged over the trees."""

    def __init__(self, task_weights: np.ndarray, n_features: int) -> None:
        self._task_weights = task_weights
        self._of_tasks = np.zeros((len(task_weights), n_features))
        self._of_all = np.zeros(n_features)

    def add(self, decrease: np.ndarray) -> None:
        """Add a tree, with the decreases (n_tasks, n_features) that it brought."""
        self._of_tasks += _find_shares(decrease)
        self._of_all += _find_shares(self._task_weights @ decrease)

    def of_features(self) -> np.ndarray:
        """Return the importance of each feature."""
        return _find_shares(self._of_all)

    def of_tasks(self) -> np.ndarray:
        """Return the importance of each feature for each task, a row per task."""
        return _find_shares(self._of_tasks)


def _find_shares(values: np.ndarray) -> np.ndarray:
    """Return the values divided by their sum along the last axis, which may be 0."""
    values = np.maximum(values, 0.0)
    total = values.sum(axis=-1, keepdims=True)
    return np.divide(values, total, np.zeros_like(values), where=total > 0)
