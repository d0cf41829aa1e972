"""What a balancer did in the steps of an epoch."""

import numpy as np
from torch import Tensor


class BalancingRecord:
    """Means over the steps of an epoch, each over the steps where a task was there."""

    def __init__(self, n_tasks: int):
        self._weights = np.zeros(n_tasks)
        self._steps = np.zeros(n_tasks)
        self._cosines = np.zeros((n_tasks, n_tasks))
        self._pairs = np.zeros((n_tasks, n_tasks))

    def add_weights(self, tasks: np.ndarray, weights: Tensor) -> None:
        """Take in how much each of the tasks counted."""
        self._weights[tasks] += weights.detach().cpu().double().numpy()
        self._steps[tasks] += 1

    def add_gramian(self, tasks: np.ndarray, G: np.ndarray) -> None:
        """Take in the products of the gradients of the tasks."""
        norms = np.sqrt(np.maximum(G.diagonal(), 0))
        sizes = norms[:, np.newaxis] * norms
        known = sizes > 0
        pairs = tasks[:, np.newaxis], tasks
        self._cosines[pairs] += np.divide(G, sizes, np.zeros_like(G), where=known)
        self._pairs[pairs] += known

    def weights(self) -> np.ndarray:
        """Return the mean weight of each task, NaN where there is none."""
        return _divide(self._weights, self._steps)

    def cosines(self) -> list[list[float]]:
        """Return the mean cosine of each pair of gradients, NaN where there is none."""
        return _divide(self._cosines, self._pairs).tolist()


def _divide(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.divide(sums, counts, np.full_like(sums, np.nan), where=counts > 0)
