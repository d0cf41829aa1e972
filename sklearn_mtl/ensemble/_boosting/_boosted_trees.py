"""What boosting leaves: boosters, and how many rounds of them each task keeps."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_mtl.ensemble._boosting._outputs import TaskOutputs


@dataclass(frozen=True)
class BoostedTrees:
    """Boosters whose margins are averaged.

    Of each, a task keeps the first `n_rounds` (n_tasks,), on top of the margins
    `constants` (n_outputs,). Tasks are in the order of the outputs.
    """

    outputs: TaskOutputs
    constants: np.ndarray
    boosters: list[Any]
    n_rounds: np.ndarray

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the means of the targets, (n_samples, n_outputs)."""
        margins = np.tile(self.constants.astype(np.float64), (len(X), 1))
        kept = self.n_rounds[self.outputs.task]
        start = 0
        for end in np.unique(self.n_rounds[self.n_rounds > 0]).tolist():
            keeps = kept >= end
            margins[:, keeps] += self._sum_rounds(X, start, end)[:, keeps]
            start = end
        return self.outputs.predict(margins)

    def _sum_rounds(self, X: np.ndarray, start: int, end: int) -> np.ndarray:
        """Return what rounds add to the margins, on average over the boosters."""
        total = np.zeros((len(X), len(self.constants)))
        for booster in self.boosters:
            margins = booster.inplace_predict(
                X, predict_type="margin", iteration_range=(start, end)
            )
            total += margins.reshape(total.shape) - self.constants
        return total / len(self.boosters)
