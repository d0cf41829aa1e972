"""How the outputs of all tasks lie side by side, and what they say of the labels."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sklearn_mtl.ensemble._boosting._losses import (
    LogisticLoss,
    Loss,
    SoftmaxLoss,
    SquaredLoss,
)


@dataclass(frozen=True)
class Block:
    """Tasks with the same loss and as many outputs each, side by side."""

    loss: Loss
    width: int
    tasks: slice
    outputs: slice

    def view(self, values: np.ndarray) -> np.ndarray:
        """Return the values of the outputs as (n_samples, n_tasks, width)."""
        return values[:, self.outputs].reshape(len(values), -1, self.width)


@dataclass(frozen=True)
class Labels:
    """Targets of all outputs (n_samples, n_outputs), weights (n_samples, n_tasks).

    A missing label has weight 0. The tasks are those that have outputs, in the order in
    which these are laid out. The arrays are in Fortran order, in which operations over
    the classes of a task are much faster.
    """

    targets: np.ndarray
    weights: np.ndarray

    def total_weights(self) -> np.ndarray:
        """Return the sum of the weights of each task."""
        return self.weights.sum(axis=0, dtype=np.float64)

    def take(self, rows: np.ndarray) -> "Labels":
        """Return the labels of some rows."""
        taken = (self.targets[rows], self.weights[rows])
        return Labels(*map(np.asfortranarray, taken))


class TaskOutputs:
    """An output for a quantity, one for two classes, or one for each of more classes.

    Tasks that are alike lie side by side, in `order`, so that all are computed at once.
    A task of one class has no output.
    """

    def __init__(self, n_classes: np.ndarray, is_class: np.ndarray) -> None:
        widths = np.where(is_class, n_classes * (n_classes > 2) + (n_classes == 2), 1)
        kinds = np.where(is_class, n_classes, 0)
        order = np.argsort(kinds, kind="stable")
        self.order = order[widths[order] > 0]
        self.n_classes = n_classes
        widths, kinds = widths[self.order], kinds[self.order]
        self.n_tasks, self.n_outputs = len(self.order), int(widths.sum())
        # The task of each output, and the first output of each task.
        self.task = np.repeat(np.arange(self.n_tasks), widths)
        self.first = np.cumsum(widths) - widths
        ends = np.flatnonzero(np.diff(kinds, append=-1)) + 1
        self.blocks = [
            self._make_block(slice(start, end), int(kinds[start]), widths)
            for start, end in pairwise([0, *ends.tolist()])
        ]
        self.place = self._find_places()

    def _make_block(self, tasks: slice, kind: int, widths: np.ndarray) -> Block:
        loss = {0: SquaredLoss, 2: LogisticLoss}.get(kind, SoftmaxLoss)()
        first, width = int(widths[: tasks.start].sum()), int(widths[tasks.start])
        n_outputs = width * (tasks.stop - tasks.start)
        return Block(loss, width, tasks, slice(first, first + n_outputs))

    def _find_places(self) -> np.ndarray:
        """Return a number for each output, the same for a class of tasks alike."""
        places = np.arange(self.n_outputs)
        for block in self.blocks:
            first = block.outputs.start
            places[block.outputs] = (
                first + (places[block.outputs] - first) % block.width
            )
        return places

    def for_all_tasks(self, values: np.ndarray) -> np.ndarray:
        """Return values of all tasks, in the order of Y; 0 for those without output."""
        of_all = np.zeros((len(self.n_classes), *values.shape[1:]), values.dtype)
        of_all[self.order] = values
        return of_all

    def encode(self, encoded: np.ndarray, weights: np.ndarray) -> Labels:
        """Return the labels of the tasks that have outputs."""
        values = np.nan_to_num(encoded[:, self.order])
        shape = (len(values), self.n_outputs)
        targets = np.empty(shape, dtype=np.float32, order="F")
        for block in self.blocks:
            of_block = values[:, block.tasks, np.newaxis]
            if block.width > 1:
                of_block = of_block == np.arange(block.width)
            targets[:, block.outputs] = of_block.reshape(len(values), -1)
        weights = weights[:, self.order].astype(np.float32)
        return Labels(targets, np.asfortranarray(weights))

    def find_constants(self, labels: Labels) -> np.ndarray:
        """Return the margins (n_outputs,) of the best constant predictions."""
        weights = labels.weights[:, self.task].astype(np.float64)
        means = (weights * labels.targets).sum(axis=0) / weights.sum(axis=0)
        margins = [
            block.loss.link(block.view(means[np.newaxis])).ravel()
            for block in self.blocks
        ]
        return np.concatenate([*margins, []]).astype(np.float32)

    def differentiate(
        self, margins: np.ndarray, labels: Labels
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the weighted gradients and Hessians, (n_samples, n_outputs)."""
        margins = np.asfortranarray(margins)
        gradients = np.empty_like(margins)
        hessians = np.empty_like(margins)
        for block in self.blocks:
            weights = labels.weights[:, block.tasks, np.newaxis]
            derivatives = block.loss.differentiate(
                block.view(margins), block.view(labels.targets)
            )
            for all_outputs, of_block in zip(
                (gradients, hessians), derivatives, strict=True
            ):
                weighted = of_block * weights
                all_outputs[:, block.outputs] = weighted.reshape(len(margins), -1)
        return gradients, hessians

    def sum_losses(self, margins: np.ndarray, labels: Labels) -> np.ndarray:
        """Return the weighted sum of the losses of the labels of each task."""
        margins = np.asfortranarray(margins)
        sums = np.empty(self.n_tasks)
        for block in self.blocks:
            losses = block.loss.evaluate(
                block.view(margins), block.view(labels.targets)
            )
            weights = labels.weights[:, block.tasks]
            sums[block.tasks] = np.einsum("it,it->t", losses, weights, dtype=np.float64)
        return sums

    def predict(self, margins: np.ndarray) -> np.ndarray:
        """Return the means of the targets, (n_samples, n_outputs)."""
        margins = np.asfortranarray(margins)
        means = np.empty_like(margins)
        for block in self.blocks:
            predicted = block.loss.predict(block.view(margins))
            means[:, block.outputs] = predicted.reshape(len(margins), -1)
        return means

    def split_probabilities(self, means: np.ndarray) -> list[np.ndarray]:
        """Return the probabilities of all classes, task by task in the order of Y."""
        probabilities = [np.ones((len(means), 1))] * len(self.n_classes)
        of_tasks = np.split(means, self.first[1:], axis=1) if self.n_tasks else []
        for task, p in zip(self.order.tolist(), of_tasks, strict=True):
            if p.shape[1] == 1:
                p = np.hstack([1.0 - p, p])
            probabilities[task] = p
        return probabilities
