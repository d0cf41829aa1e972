"""Loss and score of every task over an epoch, without a wait on the device per step."""

from math import inf

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._portions import Batch
from sklearn_mtl.neural_network._processes import ONE_PROCESS, Processes
from sklearn_mtl.neural_network._task_groups import OutputLayout

# Outputs are kept and scored together, up to this many numbers.
_MAX_KEPT = 2**20


class EpochMeter:
    """Adds up the losses of the batches of an epoch, and counts correct predictions.

    The loss of a task is the weighted mean over its labels. Its score is the fraction
    of labels that were predicted correctly, or for a quantity 1 minus its squared
    error in units of the training variance. Both are NaN without labels.
    """

    def __init__(
        self, like: Tensor, layout: OutputLayout, processes: Processes = ONE_PROCESS
    ):
        self.layout, self.processes = layout, processes
        self.sums = torch.zeros_like(like)
        self.weights = torch.zeros_like(self.sums)
        self.correct = torch.zeros_like(self.sums)
        self.observed = torch.zeros_like(self.sums)
        self._bad = torch.zeros_like(self.sums, dtype=torch.bool)
        self._first_bad: float = inf
        self._n_batches = 0
        self._kept: list[tuple[Tensor, ...]] = []
        self._n_kept = 0

    def update(self, step: dict[str, Tensor], batch: Batch) -> None:
        """Take in a batch after its training step."""
        _, (targets, weights) = batch
        self._kept.append((step["y_pred"], step["losses"], targets, weights))
        self._n_kept += step["y_pred"].numel() + 3 * targets.numel()
        if self._n_kept > _MAX_KEPT:
            self._flush()

    def compute(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the loss and the score of each task, in the order of Y."""
        self._flush()
        sums, weights, correct, observed = self.processes.sum(
            torch.stack([self.sums, self.weights, self.correct, self.observed])
        )
        losses = sums / weights
        scores = correct / observed
        quantities = self.layout.quantities()
        scores[quantities] = 1 - losses[quantities]
        order = self.layout.positions
        return losses.cpu().numpy()[order], scores.cpu().numpy()[order]

    def diverged(self) -> np.ndarray:
        """Return which tasks broke first, in the order of Y."""
        first_bad = self.sums.new_tensor([self._first_bad])
        own = torch.cat([self._bad.to(first_bad), first_bad])
        found, _ = self.processes.gather(own[None])
        first = found[found[:, -1].argmin(), :-1]
        return (first > 0).cpu().numpy()[self.layout.positions]

    def _flush(self) -> None:
        if not self._kept:
            return
        sizes = [len(kept[0]) for kept in self._kept]
        outputs, losses, targets, weights = (
            torch.cat(parts) for parts in zip(*self._kept, strict=True)
        )
        observed = weights > 0
        self.sums += (losses * weights).sum(0)
        self.weights += weights.sum(0)
        self.observed += observed.sum(0)
        correct = (self.layout.predict(outputs) == targets) & observed
        self.correct += correct.sum(0)
        bad = ~losses.isfinite() & observed
        if bad.any() and not self._bad.any():
            # After the first bad batch, one task has broken all the others.
            row = int(bad.any(1).nonzero()[0])
            self._bad = bad[row]
            of_rows = np.searchsorted(np.cumsum(sizes), row, side="right")
            self._first_bad = self._n_batches + int(of_rows)
        self._n_batches += len(sizes)
        self._kept, self._n_kept = [], 0
