"""One network of a stack: what it starts from, and what it ends with."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network._batches import Batches
from sklearn_mtl.neural_network._training_run import TrainingRun


@dataclass(frozen=True)
class Member:
    """A network to train: a run, which several may start from, and its own settings.

    Members of the same run have the same first weights, rows, batches and dropout.
    """

    run: TrainingRun
    task_weights: np.ndarray
    lr: float
    weight_decay: float
    max_epochs: int
    lr_schedule: str

    @property
    def patience(self) -> int:
        return self.run.stopper.n_iter_no_change

    @property
    def n_steps(self) -> int:
        """The number of batches of an epoch."""
        return len(Batches(self.run.train, self.run.net.batch_size))

    @property
    def shares(self) -> np.ndarray:
        """The share of each task in the objective, in the order of the layout."""
        order = self.run.net.criterion_.layout.order
        return self.task_weights[order] / self.task_weights.sum()


@dataclass
class Outcome:
    """The parameters of a member as they were kept, or why there are none."""

    parameters: list[Tensor] = field(default_factory=list)
    best_epoch: int = 0
    error: str | None = None

    @classmethod
    def of(cls, run: TrainingRun) -> "Outcome":
        """Return the parameters that the net of the run has now."""
        return cls([p.detach().clone() for p in run.net.module_.parameters()])

    def load(self, run: TrainingRun) -> None:
        """Give the parameters to the net of the run."""
        net = run.net
        with torch.no_grad():
            for parameter, kept in zip(
                net.module_.parameters(), self.parameters, strict=True
            ):
                parameter.copy_(kept)
        run.stopper.best_epoch_ = net.kept_epoch_ = self.best_epoch
        net.module_.eval()
