"""The objective of a booster: the losses of all tasks, where they have labels."""

from typing import Any

import numpy as np

from sklearn_mtl.ensemble._boosting._outputs import Labels, TaskOutputs
from sklearn_mtl.ensemble._boosting._split_derivatives import (
    Derivatives,
    SplitDerivatives,
)


class MultiTaskObjective:
    """Derivatives for the leaves of a tree, and others for its splits.

    It has the methods of ``xgboost.objective.TreeObjective``. Without
    `split_derivatives` the splits are sought on those for the leaves.
    """

    def __init__(
        self,
        outputs: TaskOutputs,
        labels: Labels,
        split_derivatives: SplitDerivatives | None,
    ) -> None:
        self._outputs = outputs
        self._labels = labels
        self._split_derivatives = split_derivatives
        self._is_learnt = np.ones(outputs.n_outputs, dtype=bool)

    def learn(self, tasks: np.ndarray) -> None:
        """Learn only these tasks from now on; the leaves are 0 for the others."""
        self._is_learnt = tasks[self._outputs.task]

    def __call__(self, iteration: int, margins: Any, data: Any) -> Derivatives:
        margins = margins.reshape(len(self._labels.targets), -1)
        gradients, hessians = self._outputs.differentiate(margins, self._labels)
        if not self._is_learnt.all():
            gradients *= self._is_learnt
            hessians *= self._is_learnt
        return gradients, hessians

    def split_grad(
        self, iteration: int, grad: np.ndarray, hess: np.ndarray
    ) -> Derivatives | None:
        """Return the derivatives to seek the splits on, None for those given."""
        if self._split_derivatives is None:
            return None
        return self._split_derivatives(grad, hess)
