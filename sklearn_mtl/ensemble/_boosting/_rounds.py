"""Which round is the best of each task, and when to stop."""

import numpy as np


class RoundTracker:
    """Follow the losses of the tasks on rows that were held out.

    A task learns until its loss has not fallen for `n_iter_no_change` rounds; before
    the first round it is in `constant_losses`. A task of loss 0 there has no labels, or
    nothing to learn: it goes on as long as the others do.
    """

    def __init__(self, constant_losses: np.ndarray, n_iter_no_change: int) -> None:
        self._constant_losses = constant_losses
        self._is_watched = constant_losses > 0
        self._n_iter_no_change = n_iter_no_change
        self._lowest = constant_losses.copy()
        self._best = np.zeros(len(constant_losses), dtype=np.intp)
        self.losses: list[np.ndarray] = []

    @property
    def n_rounds(self) -> int:
        """The rounds so far."""
        return len(self.losses)

    @property
    def best(self) -> np.ndarray:
        """The round of the lowest loss; for a task without, the mean of the others."""
        watched = self._best[self._is_watched]
        others = round(watched.mean()) if len(watched) else 0
        return np.where(self._is_watched, self._best, others)

    @property
    def is_learning(self) -> np.ndarray:
        """Which tasks may still become better."""
        hopes = self.n_rounds - self._best < self._n_iter_no_change
        return np.where(self._is_watched, hopes, hopes[self._is_watched].any())

    def relative_losses(self) -> np.ndarray:
        """Return the losses after the last round, in those of the constants.

        They are NaN for tasks that are not watched.
        """
        none = np.full(len(self._best), np.nan)
        watched = self._is_watched
        return np.divide(
            self.losses[-1], self._constant_losses, out=none, where=watched
        )

    def add(self, losses: np.ndarray) -> None:
        """Take in the losses after one more round."""
        fell = self.is_learning & (losses < self._lowest)
        self.losses.append(losses)
        self._lowest[fell] = losses[fell]
        self._best[fell] = self.n_rounds
