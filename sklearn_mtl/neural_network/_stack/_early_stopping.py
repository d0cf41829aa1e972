"""Early stopping of each member by itself."""

from collections.abc import Sequence

import numpy as np

from sklearn_mtl.neural_network._stack._member import Member


class StackedEarlyStopping:
    """Which members got better, and which are to stop.

    As `EarlyStopping` does for one network: it watches the mean over tasks of
    validation loss / constant-prediction loss.
    """

    def __init__(self, members: Sequence[Member]):
        layout = members[0].run.net.criterion_.layout
        self._positions = layout.positions
        self._constant_losses = np.array(
            [member.run.net.constant_losses(member.run.train) for member in members]
        )
        self._counts = np.array([member.task_weights > 0 for member in members])
        self._patience = np.array([member.patience for member in members])
        self._best_losses = np.full(len(members), np.inf)
        self.best_epochs = np.zeros(len(members), dtype=np.intp)

    def update(self, losses: np.ndarray, epoch: int) -> np.ndarray:
        """Take in validation losses (M, n_tasks) as in the layout; return who stops."""
        relative = losses[:, self._positions] / self._constant_losses
        used = np.isfinite(relative) & self._counts
        with np.errstate(invalid="ignore"):
            watched = np.where(used, relative, 0).sum(axis=1) / used.sum(axis=1)
        better = watched < self._best_losses
        self._best_losses[better] = watched[better]
        self.best_epochs[better] = epoch
        return ~better & (epoch - self.best_epochs >= self._patience)

    def keep(self, kept: np.ndarray) -> None:
        """Go on with some of the members."""
        for name in ("_constant_losses", "_counts", "_patience", "_best_losses"):
            setattr(self, name, getattr(self, name)[kept])
        self.best_epochs = self.best_epochs[kept]
