"""Loss and score of every task over an epoch, without a wait on the device per step."""

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._batches import Batch
from sklearn_mtl.neural_network._task_groups import OutputLayout

# Outputs are kept and scored together, up to this many numbers.
_MAX_KEPT = 2**20


class EpochMeter:
    """Adds up the losses of the batches of an epoch, and counts correct predictions.

    The loss of a task is the weighted mean over its labels. Its score is the fraction
    of labels that were predicted correctly, or for a quantity 1 minus its squared
    error in units of the training variance. Both are NaN without labels.
    """

    def __init__(self, like: Tensor, layout: OutputLayout):
        self.layout = layout
        self.sums = torch.zeros_like(like)
        self.weights = torch.zeros_like(self.sums)
        self.correct = torch.zeros_like(self.sums)
        self.observed = torch.zeros_like(self.sums)
        self._bad = torch.zeros_like(self.sums, dtype=torch.bool)
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
        losses = self.sums / self.weights
        scores = self.correct / self.observed
        quantities = self.layout.quantities()
        scores[quantities] = 1 - losses[quantities]
        order = self.layout.positions
        return losses.cpu().numpy()[order], scores.cpu().numpy()[order]

    def diverged(self) -> np.ndarray:
        """Return which tasks broke first, in the order of Y."""
        return self._bad.cpu().numpy()[self.layout.positions]

    def _flush(self) -> None:
        if not self._kept:
            return
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
            self._bad = bad[bad.any(1)][0]
        self._kept, self._n_kept = [], 0
