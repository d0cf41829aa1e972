"""When a loss breaks: which task did it, and the last weights that were good."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import nn

from sklearn_mtl._validation import list_some
from sklearn_mtl.neural_network._snapshot import Snapshot


class DivergenceError(ValueError):
    """A loss became NaN or infinite; the last good weights were kept."""


class DivergenceGuard:
    """Keeps the weights of the last two epochs, to go back to.

    Two, since the losses of an epoch say nothing of the weights after its last step.

    Parameters
    ----------
    module : nn.Module
        The network in training.
    task_names : sequence of str
        The names of the tasks.
    find_broken : callable
        Returns which tasks have a loss that is NaN or infinite now, (n_tasks,).
    epoch : int
        The number of epochs so far.
    """

    def __init__(
        self,
        module: nn.Module,
        task_names: Sequence[str],
        find_broken: Callable[[], np.ndarray],
        epoch: int,
    ):
        self.module = module
        self.task_names = task_names
        self.find_broken = find_broken
        self.kept_epoch = epoch
        self._snapshots = [Snapshot(module, epoch) for _ in range(2)]

    def keep(self, epoch: int) -> None:
        """Take the weights after this epoch."""
        self._snapshots.reverse()
        self._snapshots[0].update(self.module, epoch)
        self.kept_epoch = epoch

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint is to keep."""
        return {
            "kept_epoch": self.kept_epoch,
            "snapshots": [snapshot.state_dict() for snapshot in self._snapshots],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become what a checkpoint kept."""
        self.kept_epoch = state["kept_epoch"]
        for snapshot, kept in zip(self._snapshots, state["snapshots"], strict=True):
            snapshot.load_state_dict(kept)

    def go_back(self, broken: np.ndarray, epoch: int) -> DivergenceError:
        """Give back the last weights without a broken loss; return what to raise."""
        for snapshot in self._snapshots:
            snapshot.restore(self.module)
            self.kept_epoch = snapshot.epoch
            if not self.find_broken().any():
                break
        tasks = [self.task_names[t] for t in np.flatnonzero(broken).tolist()]
        return DivergenceError(
            f"The training loss of task {list_some(tasks)} became NaN or infinite in "
            f"epoch {epoch}. Training stopped, and the weights of the last good epoch "
            "were kept. A lower 'lr', or inputs on a smaller scale, may help."
        )
