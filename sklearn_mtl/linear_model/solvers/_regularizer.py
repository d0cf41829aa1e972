"""A penalty with its weight, as the solvers see it."""

from dataclasses import dataclass

import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.solvers._problem import Evaluation
from sklearn_mtl.linear_model.solvers._row_penalty import RowPenalty


@dataclass(frozen=True)
class Regularizer:
    """alpha · Ω of the components S (n_components, n_features, n_columns) of W.

    A penalty that relates tasks sees one column per task, with a row per feature and
    class. If `positive`, no coefficient is below 0, for a penalty that allows it.
    """

    penalty: Penalty
    alpha: float
    n_classes: int = 1
    positive: bool = False

    def find_row_penalty(self, n_rows: int) -> RowPenalty | None:
        """Return the penalty as one of each row for itself, if it is."""
        weights = self.penalty._row_weights()
        if weights is None:
            return None
        l1, l2 = (np.full(n_rows, self.alpha * weight) for weight in weights[:2])
        return RowPenalty(l1, l2, self.alpha * weights[2], self.positive)

    def value(self, S: np.ndarray) -> float:
        return self.alpha * self.penalty.value(self._unwrap(S)) if self.alpha else 0.0

    def prox(self, S: np.ndarray, step: float) -> np.ndarray:
        found = self.penalty.prox(self._unwrap(self._cut(S)), step * self.alpha)
        return self._wrap(found, S.shape)

    def dual(self, evaluation: Evaluation) -> float:
        """Return a lower bound of the objective's minimum, -inf if none is known."""
        if self.alpha == 0:
            return -np.inf
        G = self._cut(-self.fold(evaluation.gradient)) / self.alpha
        scale, conjugate = self.penalty._find_dual_scale(G)
        return evaluation.dual(scale) - self.alpha * conjugate

    def alpha_max(self, gradient: np.ndarray) -> float:
        """Return the smallest alpha of which all coefficients are 0."""
        return self.penalty.alpha_max(self._cut(-self.fold(gradient)))

    def fold(self, W: np.ndarray) -> np.ndarray:
        """Return the matrix that the penalty sees."""
        if self.n_classes == 1:
            return W
        by_task = W.reshape(len(W), -1, self.n_classes)
        return by_task.swapaxes(1, 2).reshape(len(W) * self.n_classes, -1)

    def _cut(self, W: np.ndarray) -> np.ndarray:
        return np.maximum(W, 0) if self.positive else W

    def _unwrap(self, S: np.ndarray) -> np.ndarray:
        return S if self.penalty.n_components > 1 else self.fold(S[0])

    def _wrap(self, W: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        if self.n_classes == 1:
            return W.reshape(shape)
        by_task = W.reshape(shape[1], self.n_classes, -1)
        return by_task.swapaxes(1, 2).reshape(shape)
