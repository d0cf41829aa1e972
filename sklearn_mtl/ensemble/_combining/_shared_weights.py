"""A weight per task and candidate, pulled towards weights that all tasks share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.ensemble._candidates._responses import choose_labels
from sklearn_mtl.ensemble._combining._losses import LOSSES, Loss
from sklearn_mtl.ensemble._combining._out_of_fold import TaskPredictions


@dataclass(frozen=True)
class SharedWeights:
    """The weighted mean of the candidates, with weights on the simplex.

    `weights` are (n_tasks, n_candidates), and `shared` (n_candidates,) is what they are
    pulled towards.
    """

    names: tuple[str, ...]
    weights: np.ndarray
    shared: np.ndarray

    @property
    def used(self) -> list[str]:
        """The candidates that have a weight in some task."""
        return [self.names[j] for j in np.flatnonzero(self.weights.any(axis=0))]

    def combine(
        self, responses: Mapping[str, Sequence[np.ndarray]], X: Any, tasks: Tasks
    ) -> list[np.ndarray]:
        """Return the mean response of each task."""
        return [
            sum(
                weight * responses[name][t]
                for name, weight in zip(self.names, self.weights[t], strict=True)
                if weight
            )
            for t in range(tasks.n_tasks)
        ]

    def predict(
        self, responses: Mapping[str, Sequence[np.ndarray]], X: Any, tasks: Tasks
    ) -> list[np.ndarray]:
        """Return the labels of each task: the most probable classes, or quantities."""
        means = self.combine(responses, X, tasks)
        return [
            choose_labels(mean, classes)
            for mean, classes in zip(means, tasks.classes, strict=True)
        ]


def weigh_candidates(
    names: Sequence[str],
    predictions: Sequence[TaskPredictions],
    tasks: Tasks,
    sharing: float,
) -> SharedWeights:
    """Return the weights of the least loss, the shared ones worth `sharing` labels."""
    loss = LOSSES[tasks.kinds[0]]
    rows = [
        loss.rows(of_task, classes)
        for of_task, classes in zip(predictions, tasks.classes, strict=True)
    ]
    counts = [of_task.counts for of_task in predictions]
    shared = loss.minimise(
        np.vstack(rows), np.concatenate([_temper(own, sharing) for own in counts])
    )
    weights = [
        _weigh_for_task(loss, own_rows, own_counts, shared, sharing)
        for own_rows, own_counts in zip(rows, counts, strict=True)
    ]
    return SharedWeights(tuple(names), np.array(weights), shared)


def _temper(counts: np.ndarray, sharing: float) -> np.ndarray:
    """Return counts of labels such that a task with many has not all the say.

    With n labels it counts n / (n + sharing): what is known of it, beside how much the
    tasks differ.
    """
    return counts if np.isinf(sharing) else counts / (counts.sum() + sharing)


def _weigh_for_task(
    loss: Loss,
    rows: np.ndarray,
    counts: np.ndarray,
    shared: np.ndarray,
    sharing: float,
) -> np.ndarray:
    if np.isinf(sharing) or not len(rows):
        return shared
    prior_rows, prior_counts = loss.prior(rows, counts, shared, sharing)
    return loss.minimise(
        np.vstack([rows, prior_rows]), np.concatenate([counts, prior_counts])
    )
