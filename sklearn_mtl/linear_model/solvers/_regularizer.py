"""A penalty with its weight, as the solvers see it."""

from dataclasses import dataclass

import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.solvers._problem import Evaluation


@dataclass(frozen=True)
class Regularizer:
    """alpha · Ω of the components S (n_components, n_features, n_columns) of W.

    A penalty that relates tasks sees one column per task, with a row per feature and
    class.
    """

    penalty: Penalty
    alpha: float
    n_classes: int = 1

    def value(self, S: np.ndarray) -> float:
        return self.alpha * self.penalty.value(self._unwrap(S)) if self.alpha else 0.0

    def prox(self, S: np.ndarray, step: float) -> np.ndarray:
        found = self.penalty.prox(self._unwrap(S), step * self.alpha)
        return self._wrap(found, S.shape)

    def dual(self, evaluation: Evaluation) -> float:
        """Return a lower bound of the objective's minimum, -inf if none is known."""
        if self.alpha == 0:
            return -np.inf
        G = self.fold(evaluation.gradient) / self.alpha
        if self.penalty.is_norm:
            return evaluation.dual(1 / max(self.penalty.dual_norm(G), 1.0))
        return evaluation.dual(1.0) - self.alpha * self.penalty.conjugate(-G)

    def alpha_max(self, gradient: np.ndarray) -> float:
        """Return the smallest alpha of which all coefficients are 0."""
        return self.penalty.alpha_max(self.fold(gradient))

    def fold(self, W: np.ndarray) -> np.ndarray:
        """Return the matrix that the penalty sees."""
        if self.n_classes == 1:
            return W
        by_task = W.reshape(len(W), -1, self.n_classes)
        return by_task.swapaxes(1, 2).reshape(len(W) * self.n_classes, -1)

    def _unwrap(self, S: np.ndarray) -> np.ndarray:
        return S if self.penalty.n_components > 1 else self.fold(S[0])

    def _wrap(self, W: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        if self.n_classes == 1:
            return W.reshape(shape)
        by_task = W.reshape(shape[1], self.n_classes, -1)
        return by_task.swapaxes(1, 2).reshape(shape)
