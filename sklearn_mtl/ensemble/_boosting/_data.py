"""Rows as the boosters take them."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from sklearn_mtl.ensemble._base import LabelledRows
from sklearn_mtl.ensemble._boosting._outputs import Labels, TaskOutputs


@dataclass(frozen=True)
class BoostingData:
    """Inputs, and the labels of the tasks that have outputs, in the order of these.

    `encoded` (n_samples, n_tasks) are their codes and quantities, NaN if missing,
    `constants` (n_outputs,) the margins that boosting starts from, and `task_weights`
    (n_tasks,) the λ of the tasks.
    """

    X: np.ndarray
    encoded: np.ndarray
    labels: Labels
    outputs: TaskOutputs
    constants: np.ndarray
    task_weights: np.ndarray

    @classmethod
    def lay_out(cls, rows: LabelledRows) -> Self:
        """Return all rows; the best constant predictions are what they start from."""
        outputs = TaskOutputs(rows.n_classes, rows.tasks.are_classification)
        labels = outputs.encode(rows.encoded, rows.weights)
        constants = outputs.find_constants(labels)
        task_weights = rows.task_weights[outputs.order]
        encoded = rows.encoded[:, outputs.order]
        return cls(rows.X, encoded, labels, outputs, constants, task_weights)

    def take(self, rows: np.ndarray) -> Self:
        """Return some of the rows."""
        return replace(
            self,
            X=self.X[rows],
            encoded=self.encoded[rows],
            labels=self.labels.take(rows),
        )

    def label_shares(self) -> np.ndarray:
        """Return what a label of each task counts, (n_tasks,), 1 if all count alike."""
        mean = self.task_weights.mean() or 1.0
        return self.task_weights / mean * self._mean_shares()

    def row_shares(self) -> np.ndarray:
        """Return what the labels of each row count, (n_samples,), 1 on average."""
        return self.labels.weights @ self._mean_shares() / self.outputs.n_tasks

    def _mean_shares(self) -> np.ndarray:
        """Return what makes the weights of each task 1 on average over the rows."""
        totals = self.labels.total_weights()
        n_rows = np.full(len(totals), float(len(self.X)))
        return np.divide(n_rows, totals, out=np.zeros_like(totals), where=totals > 0)
