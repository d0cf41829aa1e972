"""Looking at a network while it trains: how often, at which rows, and what for."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback
from torch import Tensor

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network._batches import TaskData
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._objective import TaskLosses, WeightedTaskLoss
from sklearn_mtl.neural_network._pull_back import PullBack, make_pull_back
from sklearn_mtl.neural_network._rows import Rows
from sklearn_mtl.neural_network._task_gradients import (
    TaskGradients,
    choose_task_gradients,
)

# The epochs after which to look are this factor apart, and at least one.
_GROWTH = 1.3
_MAX_ROWS = 4096
# Where each row costs a pass back for each task, there are this many in a look, or
# twice the training rows if these are more: much less says too little of a gradient.
_MIN_PASSES = 6144


@dataclass(frozen=True)
class Sight:
    """A network, some labelled rows, and what their losses make of each other.

    `ends` are the shared tensors that a gradient can be pulled back from.
    """

    module: Network
    criterion: WeightedTaskLoss
    X: Tensor
    targets: Tensor
    weights: Tensor
    losses: TaskLosses
    gradients: TaskGradients
    ends: list[Tensor]
    pull_back: PullBack

    def parameter_rows(self) -> list[Tensor]:
        """Return the gradient of each task, for every shared parameter."""
        return [row.detach() for row in self.pull_back(self.ends, self.gradients)]

    def losses_of(self, outputs: Tensor) -> np.ndarray:
        """Return the mean loss of each task that is there, for other outputs."""
        cells = self.criterion.layout.losses(outputs, self.targets)
        means = self.criterion.by_task(cells, self.weights).means
        return means.cpu().double().numpy()


class Looks(Callback):
    """Looks at a network in training, and leaves the training as it is.

    The looks are after some epochs, the first ones closer to each other, in evaluation
    mode and with a random generator of their own. A look counts as much as the loss
    fell since the one before: what is seen is what the tasks do to each other while
    there is something to learn, not their noise after that. A subclass has `_see`.
    """

    def __init__(self, n_tasks: int, seed: int, passes_back: bool):
        self.n_tasks = n_tasks
        self.seed = seed
        self.passes_back = passes_back

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.parameters_ = [
            p for p in net.module_.shared_parameters() if p.requires_grad
        ]
        if not self.parameters_:
            raise parameter_error(
                "estimator",
                "task_affinity",
                "a network whose tasks share layers for method='gradient' and "
                "'transfer' ('label' and 'pairwise' take others)",
                "one whose tasks share none",
            )
        self.generator_ = torch.Generator().manual_seed(self.seed)
        self.next_ = 1
        self.relative_loss_ = 1.0
        self.sum_ = np.zeros((self.n_tasks, self.n_tasks))
        self.total_ = np.zeros((self.n_tasks, self.n_tasks))

    def on_epoch_end(
        self, net: NeuralNet, dataset_train: TaskData, **kwargs: Any
    ) -> None:
        epoch = len(net.history)
        if epoch < self.next_:
            return
        self.next_ = max(epoch + 1, round(epoch * _GROWTH))
        net._set_training(False)
        sight = self._look(net, dataset_train)
        if len(sight.losses.tasks):
            self._take_in(net, sight)
        net._set_training(True)

    def affinity(self) -> np.ndarray:
        """Return the mean of what was seen, NaN for tasks that were never there."""
        shape = self.sum_.shape
        seen = self.total_ > 0
        return np.divide(self.sum_, self.total_, np.full(shape, np.nan), where=seen)

    def _look(self, net: NeuralNet, data: TaskData) -> Sight:
        rows = torch.randperm(len(data), generator=self.generator_)
        rows = rows[: self._n_rows(data.rows)]
        X, at = data.rows.take(rows), rows.to(data.targets.device)
        targets, weights = data.targets[at], data.weights[at]
        module, criterion = net.module_, net.criterion_
        pull_back = make_pull_back(module, self.parameters_, self.passes_back)
        with pull_back.watching():
            shared = module.share(X)
        cut = [
            tensor.detach().requires_grad_(tensor.requires_grad) for tensor in shared
        ]
        outputs = module.decode(*cut)
        cells = criterion.layout.losses(outputs, targets)
        losses = criterion.by_task(cells, weights)
        gradients = choose_task_gradients(module)(
            module,
            [tensor for tensor in cut if tensor.requires_grad],
            outputs,
            losses.estimates,
            losses.positions,
        )
        ends = [tensor for tensor in shared if tensor.requires_grad]
        return Sight(
            module, criterion, X, targets, weights, losses, gradients, ends, pull_back
        )

    def _n_rows(self, rows: Rows) -> int:
        n_rows = len(rows)
        most = min(n_rows, rows.how_many(_MAX_ROWS))
        if self.passes_back:
            passes = max(2 * n_rows, _MIN_PASSES)
            most = min(most, max(passes // self.n_tasks, 1))
        return most

    def _take_in(self, net: NeuralNet, sight: Sight) -> None:
        loss = _relative_loss(net, sight.losses)
        weight = max(self.relative_loss_ - loss, 0.0) + 1e-9
        self.relative_loss_ = min(loss, self.relative_loss_)
        tasks = sight.losses.tasks
        pairs = tasks[:, np.newaxis], tasks
        seen = self._see(sight)
        known = np.isfinite(seen)
        self.sum_[pairs] += weight * np.where(known, seen, 0.0)
        self.total_[pairs] += weight * known

    @abstractmethod
    def _see(self, sight: Sight) -> np.ndarray:
        """Return what each task does to each, NaN where that is not known."""


def _relative_loss(net: NeuralNet, losses: TaskLosses) -> float:
    """Return the mean over tasks of the loss / that of a constant prediction."""
    relative = losses.means.cpu().numpy() / net.constant_losses_[losses.tasks]
    known = relative[np.isfinite(relative)]
    return float(np.mean(known)) if len(known) else 0.0
