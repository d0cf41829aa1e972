"""Tasks of one shape are one group: one block of outputs, one loss, no loop over tasks.

A task of K > 2 classes has K outputs (softmax), a task of two classes or a quantity has
one, a task of a single class has none. The outputs of a network are laid out group by
group, and so are, in training, the columns of its targets and losses.
"""

from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sklearn_mtl._tasks import Tasks

# A class that was hardly seen still starts with a finite log-odds.
_MIN_PROBABILITY = 1e-4

# From so many labels on, and up to so many classes, it pays to lay them out anew.
_MANY_LABELS = 1024
_FEW_CLASSES = 32


class TaskGroup(ABC):
    """Tasks that share an output width and a loss; `tasks` are their columns in Y."""

    n_classes: int
    width: int

    def __init__(self, tasks: list[int], n_classes: int = 0):
        self.tasks = tasks
        self.n_classes = n_classes

    @abstractmethod
    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of every label, (n, n_tasks)."""

    @abstractmethod
    def predict(self, outputs: Tensor) -> Tensor:
        """Return class codes or quantities, (n, n_tasks)."""

    @abstractmethod
    def constant_outputs(self, targets: Tensor, weights: Tensor) -> Tensor:
        """Return the outputs of the best constant prediction, (n_tasks * width,)."""

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Return the probability of every class, (n, n_tasks, n_classes)."""
        raise TypeError("a quantity has no class probabilities")

    @abstractmethod
    def average(self, outputs: Tensor) -> Tensor:
        """Return outputs (n, ...) that stand for the mean prediction of k members.

        Theirs are (n, k, ...). Probabilities are averaged, or quantities.
        """


class ConstantGroup(TaskGroup):
    """Tasks of one class: nothing to learn."""

    width = 0

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        # The sum of no outputs: zeros that gradients can flow through.
        return outputs.sum(1, keepdim=True).expand(targets.shape)

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs.new_zeros(outputs.shape[0], len(self.tasks))

    def constant_outputs(self, targets: Tensor, weights: Tensor) -> Tensor:
        return targets.new_zeros(0)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return outputs.new_ones(outputs.shape[0], len(self.tasks), 1)

    def average(self, outputs: Tensor) -> Tensor:
        return outputs.mean(1)


class BinaryGroup(TaskGroup):
    """Tasks of two classes: one output each, the log-odds of the second class."""

    width = 1

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(outputs, targets, reduction="none")

    def predict(self, outputs: Tensor) -> Tensor:
        return (outputs > 0).to(outputs.dtype)

    def constant_outputs(self, targets: Tensor, weights: Tensor) -> Tensor:
        positive = (weights * targets).sum(0) / weights.sum(0)
        return positive.nan_to_num(0.5).logit(_MIN_PROBABILITY)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return torch.stack([torch.sigmoid(-outputs), torch.sigmoid(outputs)], dim=2)

    def average(self, outputs: Tensor) -> Tensor:
        # On the scale of logarithms, where no probability is too small.
        return F.logsigmoid(outputs).logsumexp(1) - F.logsigmoid(-outputs).logsumexp(1)


class MulticlassGroup(TaskGroup):
    """Tasks of K > 2 classes: K outputs each, log-probabilities up to a constant."""

    def __init__(self, tasks: list[int], n_classes: int):
        super().__init__(tasks, n_classes)
        self.width = n_classes

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        logits = outputs.reshape(-1, self.width)
        codes = targets.reshape(-1).long()
        if len(codes) >= _MANY_LABELS and self.width <= _FEW_CLASSES:
            # With the classes in rows, exponentials are taken of many labels at once.
            logits, codes = logits.T.contiguous().unsqueeze(0), codes.unsqueeze(0)
        losses = F.cross_entropy(logits, codes, reduction="none")
        return losses.view(targets.shape)

    def predict(self, outputs: Tensor) -> Tensor:
        return self._by_task(outputs).argmax(2).to(outputs.dtype)

    def constant_outputs(self, targets: Tensor, weights: Tensor) -> Tensor:
        one_hot = F.one_hot(targets.long(), self.width) * weights.unsqueeze(2)
        proportions = one_hot.sum(0) / weights.sum(0).unsqueeze(1)
        proportions = proportions.nan_to_num(1 / self.width)
        return proportions.clamp(min=_MIN_PROBABILITY).log().flatten()

    def probabilities(self, outputs: Tensor) -> Tensor:
        return self._by_task(outputs).softmax(2)

    def average(self, outputs: Tensor) -> Tensor:
        by_task = outputs.unflatten(2, (-1, self.width))
        return by_task.log_softmax(3).logsumexp(1).flatten(1)

    def _by_task(self, outputs: Tensor) -> Tensor:
        return outputs.unflatten(1, (len(self.tasks), self.width))


class QuantityGroup(TaskGroup):
    """Regression tasks: one output each, the quantity on its standardised scale."""

    width = 1

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.mse_loss(outputs, targets, reduction="none")

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs

    def average(self, outputs: Tensor) -> Tensor:
        return outputs.mean(1)

    def constant_outputs(self, targets: Tensor, weights: Tensor) -> Tensor:
        return ((weights * targets).sum(0) / weights.sum(0)).nan_to_num(0.0)


class OutputLayout:
    """Where the outputs and the targets of every task are.

    Parameters
    ----------
    tasks : Tasks
        The columns of Y.
    """

    def __init__(self, tasks: Tasks):
        tasks_by_width: dict[int | None, list[int]] = {}
        for task, classes in enumerate(tasks.classes):
            n_classes = None if classes is None else len(classes)
            tasks_by_width.setdefault(n_classes, []).append(task)
        self.groups = [
            _make_group(k, tasks_by_width[k])
            for k in sorted(tasks_by_width, key=lambda k: (k is None, k))
        ]
        self.order = np.concatenate([group.tasks for group in self.groups])
        self.positions = np.argsort(self.order)
        self.n_tasks = len(self.order)
        self._counts = [len(group.tasks) for group in self.groups]
        self._widths = [len(group.tasks) * group.width for group in self.groups]

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of every label, (n, n_tasks)."""
        if len(self.groups) == 1:
            return self.groups[0].losses(outputs, targets)
        parts = zip(
            self.groups,
            outputs.split(self._widths, dim=1),
            targets.split(self._counts, dim=1),
            strict=True,
        )
        return torch.cat([group.losses(z, y) for group, z, y in parts], dim=1)

    def predict(self, outputs: Tensor) -> Tensor:
        """Return class codes and quantities, (n, n_tasks)."""
        if len(self.groups) == 1:
            return self.groups[0].predict(outputs)
        parts = zip(self.groups, outputs.split(self._widths, dim=1), strict=True)
        return torch.cat([group.predict(z) for group, z in parts], dim=1)

    def constant_outputs(self, targets: Tensor, weights: Tensor) -> Tensor:
        """Return the outputs of the best constant prediction, (n_outputs,)."""
        parts = zip(
            self.groups,
            targets.split(self._counts, dim=1),
            weights.split(self._counts, dim=1),
            strict=True,
        )
        return torch.cat([group.constant_outputs(y, w) for group, y, w in parts])

    def average(self, outputs: Tensor) -> Tensor:
        """Return outputs for the mean prediction of members, theirs (n, k, ...)."""
        parts = zip(self.groups, outputs.split(self._widths, dim=2), strict=True)
        return torch.cat([group.average(z) for group, z in parts], dim=1)

    def probabilities(self, outputs: Tensor) -> list[np.ndarray | None]:
        """Return class probabilities, one (n, n_classes) or None per task of Y."""
        found: list[np.ndarray | None] = [None] * self.n_tasks
        parts = zip(self.groups, outputs.split(self._widths, dim=1), strict=True)
        for group, z in parts:
            if not isinstance(group, QuantityGroup):
                by_task = group.probabilities(z).transpose(0, 1).numpy()
                for task, probabilities in zip(group.tasks, by_task, strict=True):
                    found[task] = probabilities
        return found

    def in_order_of_tasks(self, columns: np.ndarray) -> np.ndarray:
        """Return columns of the layout, one per task, in the order of Y."""
        # The tasks of a single group are in their order.
        if len(self.groups) == 1:
            return columns
        return np.take(columns, self.positions, axis=1)

    @property
    def has_quantities(self) -> bool:
        # They are the last group.
        return isinstance(self.groups[-1], QuantityGroup)

    def varies(self) -> np.ndarray:
        """Return which tasks have more than one class, in the order of Y."""
        widths = [group.width > 0 for group in self.groups]
        return np.repeat(widths, self._counts)[self.positions]

    def quantities(self) -> np.ndarray:
        """Return which columns are quantities, in the order of the layout."""
        return np.repeat(
            [isinstance(group, QuantityGroup) for group in self.groups], self._counts
        )


def _make_group(n_classes: int | None, tasks: list[int]) -> TaskGroup:
    if n_classes is None:
        return QuantityGroup(tasks)
    if n_classes == 1:
        return ConstantGroup(tasks, 1)
    if n_classes == 2:
        return BinaryGroup(tasks, 2)
    return MulticlassGroup(tasks, n_classes)
