"""Keep the weights of the best validation epoch, and stop when none gets better."""

from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback

from sklearn_mtl.neural_network._engine import StopTraining
from sklearn_mtl.neural_network._snapshot import Snapshot


class EarlyStopping(Callback):
    """Watch the mean over tasks of validation loss / constant-prediction loss.

    On this scale 1 is the loss of predicting each task's training average, so tasks
    count alike whatever their losses are measured in, and whatever their weights.
    """

    monitor = "valid_relative_loss"

    def __init__(self, n_iter_no_change: int):
        self.n_iter_no_change = n_iter_no_change

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.best_loss_ = float("inf")
        self.best_epoch_ = len(net.history)
        self.best_weights_ = Snapshot(net.trainable_)

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        epoch, loss = len(net.history), net.history[-1, self.monitor]
        if loss < self.best_loss_:
            self.best_loss_, self.best_epoch_ = loss, epoch
            self.best_weights_.update(net.trainable_)
        elif epoch - self.best_epoch_ >= self.n_iter_no_change:
            raise StopTraining

    def on_train_end(self, net: NeuralNet, **kwargs: Any) -> None:
        self.best_weights_.restore(net.trainable_)
        del self.best_weights_

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint is to keep."""
        return {
            "best_loss": self.best_loss_,
            "best_epoch": self.best_epoch_,
            "best_weights": self.best_weights_.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become what a checkpoint kept."""
        self.best_loss_, self.best_epoch_ = state["best_loss"], state["best_epoch"]
        self.best_weights_.load_state_dict(state["best_weights"])
