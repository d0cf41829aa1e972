"""The losses that boosting minimises, as XGBoost has them for a single task.

Margins and targets are (n_samples, n_tasks, width): tasks of one kind side by side,
each with as many outputs as it is wide. Weights and losses are (n_samples, n_tasks).
"""

from abc import ABC, abstractmethod

import numpy as np

# As in XGBoost: no label is without curvature.
_MIN_HESSIAN = np.float32(1e-16)
# The probability that a constant prediction leaves to what has not been seen.
_MIN_PROBABILITY = 1e-6


class Loss(ABC):
    """The loss of a kind of task."""

    @abstractmethod
    def predict(self, margins: np.ndarray) -> np.ndarray:
        """Return the mean of the targets at the margins."""

    @abstractmethod
    def differentiate(
        self, margins: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient, and the diagonal of the Hessian, by the margins."""

    @abstractmethod
    def evaluate(self, margins: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the loss of every label."""

    @abstractmethod
    def link(self, means: np.ndarray) -> np.ndarray:
        """Return the margins (n_tasks, width) of the means of the targets."""


class SquaredLoss(Loss):
    """The squared error of a quantity, of which boosting takes the half."""

    def predict(self, margins: np.ndarray) -> np.ndarray:
        return margins

    def differentiate(
        self, margins: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        return margins - targets, np.ones_like(margins)

    def evaluate(self, margins: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return ((margins - targets) ** 2)[:, :, 0]

    def link(self, means: np.ndarray) -> np.ndarray:
        return means


class LogisticLoss(Loss):
    """The log-loss of two classes; the margin is the logit of the second one."""

    def predict(self, margins: np.ndarray) -> np.ndarray:
        # Without overflow for large margins of either sign.
        small = np.exp(-np.abs(margins))
        return np.where(margins >= 0, 1.0, small) / (1.0 + small)

    def differentiate(
        self, margins: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        p = self.predict(margins)
        return p - targets, np.maximum(p * (1.0 - p), _MIN_HESSIAN)

    def evaluate(self, margins: np.ndarray, targets: np.ndarray) -> np.ndarray:
        softplus = np.log1p(np.exp(-np.abs(margins))) + np.maximum(margins, 0.0)
        return (softplus - targets * margins)[:, :, 0]

    def link(self, means: np.ndarray) -> np.ndarray:
        p = np.clip(means, _MIN_PROBABILITY, 1.0 - _MIN_PROBABILITY)
        return np.log(p) - np.log1p(-p)


class SoftmaxLoss(Loss):
    """The log-loss of more than two classes, with a margin for each.

    The curvature is twice that of one margin alone, a bound for all of them together.
    """

    def predict(self, margins: np.ndarray) -> np.ndarray:
        p = np.exp(margins - margins.max(axis=2, keepdims=True))
        p /= p.sum(axis=2, keepdims=True)
        return p

    def differentiate(
        self, margins: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        p = self.predict(margins)
        return p - targets, np.maximum(2.0 * p * (1.0 - p), _MIN_HESSIAN)

    def evaluate(self, margins: np.ndarray, targets: np.ndarray) -> np.ndarray:
        shifted = margins - margins.max(axis=2, keepdims=True)
        of_labels = (shifted * targets).sum(axis=2)
        return np.log(np.exp(shifted).sum(axis=2)) - of_labels

    def link(self, means: np.ndarray) -> np.ndarray:
        logs = np.log(np.maximum(means, _MIN_PROBABILITY))
        return logs - logs.mean(axis=-1, keepdims=True)
