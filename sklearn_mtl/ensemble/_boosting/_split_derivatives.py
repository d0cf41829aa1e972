"""What the splits of a tree are sought on: all outputs, or random sums of them."""

import numpy as np

from sklearn_mtl.ensemble._boosting._outputs import TaskOutputs

Derivatives = tuple[np.ndarray, np.ndarray]

# How much tasks that are alike move together.
_CORRELATION = 0.5


class SplitDerivatives:
    """Weigh the derivatives of the tasks, and sum them along random directions.

    The best split of a node gains most of::

        sum_t share_t sum_d G_d² / H_d

    over the tasks t and their outputs d, where G and H are the sums of gradients and of
    Hessians in its children. That takes time in proportion to the number of outputs.
    Along one direction r, the sums are::

        G = sum_d r_d c_d G_d,    H = sum_d r_d² c_d² H_d

    With r normal and c_d² in proportion to share_t / H_d at the root, the gain G² / H
    is on average, up to a factor, that of all outputs if these are independent. Each
    tree has directions of its own, which besides keeps the trees from being alike.

    The same class of tasks that have as many is correlated by one half in r. So half of
    the gain is that of the sum of such tasks, which finds splits that all of them need,
    though none has the labels to show it.

    Parameters
    ----------
    outputs : TaskOutputs
        The outputs of the tasks.
    shares : ndarray of shape (n_tasks,)
        What the losses of the labels of each task count.
    n_directions : int or None
        How many directions a tree has; None is for the sum over all outputs.
    rng : RandomState
        Draws the directions.
    """

    def __init__(
        self,
        outputs: TaskOutputs,
        shares: np.ndarray,
        n_directions: int | None,
        rng: np.random.RandomState,
    ) -> None:
        self._place = outputs.place
        self._shares = shares[outputs.task].astype(np.float32)
        self._n_directions = n_directions
        self._rng = rng

    def __call__(self, gradients: np.ndarray, hessians: np.ndarray) -> Derivatives:
        if self._n_directions is None:
            return gradients * self._shares, hessians * self._shares
        directions = self._draw(self._n_directions) * self._scale(hessians)
        directions = directions.astype(np.float32)
        return gradients @ directions, hessians @ directions**2

    def _draw(self, n_directions: int) -> np.ndarray:
        """Return r, (n_outputs, n_directions)."""
        own = self._rng.standard_normal((len(self._place), n_directions))
        common = self._rng.standard_normal((self._place.max() + 1, n_directions))
        return _CORRELATION**0.5 * common[self._place] + (1 - _CORRELATION) ** 0.5 * own

    def _scale(self, hessians: np.ndarray) -> np.ndarray:
        """Return the factors c, (n_outputs, 1), with which H sums up to that of all."""
        totals = hessians.sum(axis=0, dtype=np.float64)
        counts = (totals > 0) & (self._shares > 0)
        squares = np.zeros_like(totals)
        np.divide(self._shares, totals, out=squares, where=counts)
        if counts.any():
            squares *= totals[counts].sum() / self._shares[counts].sum()
        return np.sqrt(squares)[:, np.newaxis]
