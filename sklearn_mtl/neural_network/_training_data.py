"""From encoded labels and weights to what the engine trains on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import torch

from sklearn_mtl._stratification import encode_strata, stratify
from sklearn_mtl._tasks import Targets, Tasks
from sklearn_mtl.neural_network._batches import TaskData
from sklearn_mtl.neural_network._input_rows import open_rows
from sklearn_mtl.neural_network._target_scale import TargetScale
from sklearn_mtl.neural_network._task_groups import OutputLayout


@dataclass(frozen=True)
class Split:
    """The rows to train on, and those that are held out to stop early on.

    If networks hold out rows of their own, `own` has for each the places of its
    training rows among `train`, and the rows of `valid` take turns between them.
    """

    train: np.ndarray
    valid: np.ndarray
    own: tuple[np.ndarray, ...] = ()


@dataclass
class TrainingData:
    """Inputs with the code or the quantity, and the weight, of every label.

    X is a table, or a container of inputs. `encoded` and `weights` are
    (n_samples, n_tasks), in the order of Y; a missing label has weight 0.
    """

    X: Any
    targets: Targets
    tasks: Tasks
    encoded: np.ndarray
    weights: np.ndarray

    def labelled_rows(self) -> np.ndarray:
        """Return the rows that have a label; the others teach nothing."""
        return np.flatnonzero(self.weights.any(axis=1))

    def split(
        self, rows: np.ndarray, fraction: float, seed: int, n_networks: int = 1
    ) -> Split:
        """Hold out a fraction of the rows, stratified over the tasks.

        With several networks each holds out a fraction of its own.
        """
        share = min(fraction, 1 / n_networks) if n_networks > 1 else fraction
        codes = encode_strata(self.targets, min_count=round(1 / share))[rows]
        # In an order that the order of the tasks does not change.
        codes = codes[:, np.argsort([crc32(column.tobytes()) for column in codes.T])]
        rng = np.random.RandomState(seed)
        rest = max(1 - n_networks * share, 0.0)
        folds = stratify(codes, np.array([rest, *[share] * n_networks]), rng)
        if n_networks == 1:
            return Split(rows[folds == 0], rows[folds == 1])
        held_out = [np.flatnonzero(folds == j + 1) for j in range(n_networks)]
        n_each = min(map(len, held_out))
        if not n_each:
            # Too few rows for each to have some.
            return self.split(rows, fraction, seed)
        in_turn = np.column_stack([part[:n_each] for part in held_out]).ravel()
        own = tuple(np.flatnonzero(folds != j + 1) for j in range(n_networks))
        return Split(rows, rows[in_turn], own)

    def signals(self, rows: np.ndarray) -> np.ndarray:
        """Return what the tasks are about, (n_rows, k), for what looks at all of them.

        Each class, and each quantity, has a column of mean 0 and variance 1; missing
        labels are 0.
        """
        signals = []
        for t, classes in enumerate(self.tasks.classes):
            labels, weights = self.encoded[rows, t], self.weights[rows, t]
            n_codes = 0 if classes is None else len(classes)
            codes = range(1, n_codes) if n_codes == 2 else range(n_codes)
            of_task = [labels] if classes is None else [labels == k for k in codes]
            signals += [_standardise(np.nan_to_num(s), weights) for s in of_task]
        return np.column_stack(signals) if signals else np.zeros((len(rows), 1))

    def for_engine(
        self,
        rows: np.ndarray,
        layout: OutputLayout,
        scale: TargetScale,
        dtype: torch.dtype,
        device: str,
        own_rows: Sequence[np.ndarray] = (),
        n_turns: int = 1,
    ) -> TaskData:
        """Return the chosen rows; the weights of each task average 1 over them."""
        targets = np.nan_to_num(scale.transform(self.encoded[rows]))
        weights = self.weights[rows]
        total = weights.sum(axis=0)
        weights *= np.divide(
            len(rows), total, out=np.zeros_like(total), where=total > 0
        )
        # The labels of a row side by side, whence batches of them are gathered fastest.
        targets, weights = (
            torch.as_tensor(
                np.take(each, layout.order, axis=1), dtype=dtype, device=device
            )
            for each in (targets, weights)
        )
        whole = len(rows) == self.X.shape[0]
        return TaskData(
            open_rows(self.X, device, dtype, None if whole else rows),
            targets,
            weights,
            [torch.as_tensor(own) for own in own_rows],
            n_turns,
        )


def _standardise(signal: np.ndarray, weights: np.ndarray) -> np.ndarray:
    if not weights.any():
        return np.zeros(len(signal))
    centered = signal - np.average(signal, weights=weights)
    spread = np.sqrt(np.average(centered**2, weights=weights))
    return np.where(weights > 0, centered / (spread or 1.0), 0.0)
