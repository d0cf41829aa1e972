"""Which round is the best of each task, and when to stop."""

import numpy as np


class RoundTracker:
    """Follow the losses of the tasks on rows that were held out.

    They are measured in those of the constant predictions before the first round. A
    task learns until its loss has not fallen for `n_iter_no_change` rounds; `best` is
    the round with its lowest loss.
    """

    def __init__(self, constant_losses: np.ndarray, n_iter_no_change: int) -> None:
        self._scale = np.maximum(constant_losses, np.finfo(np.float64).tiny)
        self._n_iter_no_change = n_iter_no_change
        self._lowest = np.ones(len(constant_losses))
        self.best = np.zeros(len(constant_losses), dtype=np.intp)
        self.relative_losses: list[np.ndarray] = []

    @property
    def n_rounds(self) -> int:
        return len(self.relative_losses)

    @property
    def is_learning(self) -> np.ndarray:
        """Which tasks may still become better, (n_tasks,)."""
        return self.n_rounds - self.best < self._n_iter_no_change

    def add(self, losses: np.ndarray) -> None:
        """Take in the losses after one more round."""
        relative = losses / self._scale
        fell = self.is_learning & (relative < self._lowest)
        self.relative_losses.append(relative)
        self._lowest[fell] = relative[fell]
        self.best[fell] = self.n_rounds
