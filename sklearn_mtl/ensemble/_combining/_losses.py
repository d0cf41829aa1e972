"""The losses that weights of candidates minimise, and the prior on the weights.

Each loss has rows (n, n_candidates), one per label, such that rows @ weights is what
the loss of a combination depends on.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from sklearn_mtl._tasks import Kind, Tasks, find_codes
from sklearn_mtl.ensemble._combining._out_of_fold import TaskPredictions
from sklearn_mtl.ensemble._combining._simplex import (
    minimise_log_loss,
    minimise_squared_error,
)


class Loss(ABC):
    """What a combination of candidates is judged by."""

    @abstractmethod
    def rows(
        self, predictions: TaskPredictions, classes: np.ndarray | None
    ) -> np.ndarray:
        """Return the row of each label."""

    @abstractmethod
    def values(self, combined: np.ndarray) -> np.ndarray:
        """Return the loss of each label."""

    @abstractmethod
    def minimise(self, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return the best weights on the simplex."""

    @abstractmethod
    def prior(
        self, rows: np.ndarray, counts: np.ndarray, weights: np.ndarray, n: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return rows worth n labels that speak for the weights, and their counts."""


class LogLoss(Loss):
    """Minus the logarithm of the probability of the label.

    A label of the prior is one that a single candidate gives a probability: the loss of
    them all is -n sum_j weights_j log w_j.
    """

    def rows(
        self, predictions: TaskPredictions, classes: np.ndarray | None
    ) -> np.ndarray:
        codes = find_codes(np.asarray(classes), predictions.labels)
        of_label = predictions.responses[:, np.arange(len(codes)), codes]
        return np.maximum(of_label.T, np.finfo(float).eps)

    def values(self, combined: np.ndarray) -> np.ndarray:
        return -np.log(combined)

    def minimise(self, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
        return minimise_log_loss(rows, counts)

    def prior(
        self, rows: np.ndarray, counts: np.ndarray, weights: np.ndarray, n: float
    ) -> tuple[np.ndarray, np.ndarray]:
        return np.eye(len(weights)), n * weights


class SquaredError(Loss):
    """The squared error, divided by the variance of the labels.

    The labels of the prior are what the combination with its weights predicts.
    """

    def rows(
        self, predictions: TaskPredictions, classes: np.ndarray | None
    ) -> np.ndarray:
        # Truth values are quantities, too.
        labels = predictions.labels.astype(np.float64)
        counts = predictions.counts
        spread = 1.0
        if len(labels) and np.ptp(labels):
            mean = np.average(labels, weights=counts)
            spread = np.sqrt(np.average((labels - mean) ** 2, weights=counts))
        return (labels - predictions.responses[:, :, 0]).T / spread

    def values(self, combined: np.ndarray) -> np.ndarray:
        return combined**2

    def minimise(self, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
        return minimise_squared_error(rows, counts)

    def prior(
        self, rows: np.ndarray, counts: np.ndarray, weights: np.ndarray, n: float
    ) -> tuple[np.ndarray, np.ndarray]:
        return rows - (rows @ weights)[:, np.newaxis], n * counts / counts.sum()


LOSSES: dict[Kind, Loss] = {"classification": LogLoss(), "regression": SquaredError()}


def measure_losses(predictions: Sequence[TaskPredictions], tasks: Tasks) -> np.ndarray:
    """Return the mean loss of each candidate, (n_tasks, n_candidates).

    NaN for a task of which no label was predicted.
    """
    losses = np.full((tasks.n_tasks, len(predictions[0].responses)), np.nan)
    for t, of_task in enumerate(predictions):
        if len(of_task.rows):
            loss = LOSSES[tasks.kinds[t]]
            values = loss.values(loss.rows(of_task, tasks.classes[t]))
            losses[t] = np.average(values, axis=0, weights=of_task.counts)
    return losses
