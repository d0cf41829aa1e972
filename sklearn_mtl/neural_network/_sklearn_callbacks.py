"""Callbacks of scikit-learn >= 1.9 (`set_callbacks`), bridged to skorch."""

from collections.abc import Callable
from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback

from sklearn_mtl.neural_network._engine import StopTraining
from sklearn_mtl.neural_network._processes import Processes

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn < 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in where scikit-learn has no callbacks."""


# What scikit-learn sets on the estimator in fit, and tears callbacks down by.
TEARDOWN = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")


class SklearnCallbacks(Callback):
    """Report every epoch to the callbacks set on the estimator.

    Parameters
    ----------
    estimator : estimator
        The estimator being fitted.
    X, y, sample_weight
        What `fit` was given.
    fitted_attributes : callable
        Returns the fitted attributes of an estimator ready to predict.
    max_epochs : int
        The number of epochs at most.
    processes : Processes
        Those that train together; the main one reports, and stops the others.
    """

    def __init__(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        sample_weight: Any,
        fitted_attributes: Callable[[], dict[str, Any]],
        max_epochs: int,
        processes: Processes,
    ):
        self.estimator = estimator
        self.data = {"X": X, "y": y}
        if sample_weight is not None:
            self.data["metadata"] = {"sample_weight": sample_weight}
        self.fitted_attributes = fitted_attributes
        self.max_epochs = max_epochs
        self.processes = processes

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.processes.from_main(self._begin)

    def _begin(self) -> None:
        self.context_ = self.estimator._init_callback_context(
            max_subtasks=self.max_epochs
        )
        self.context_.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.processes.from_main(self._begin_epoch)

    def _begin_epoch(self) -> None:
        self.epoch_ = self.context_.subcontext(task_name="epoch")
        self.epoch_.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        if self.processes.from_main(lambda: self._task_end(self.epoch_, net)):
            raise StopTraining

    def end(self, net: NeuralNet) -> None:
        """Report that the fit is over."""
        self.processes.from_main(lambda: self._task_end(self.context_, net))

    def _task_end(self, context: Any, net: NeuralNet) -> bool:
        training = net.module_.training
        net.module_.eval()
        stop = context.call_on_fit_task_end(
            estimator=self.estimator,
            reconstruction_attributes=self.fitted_attributes,
            **self.data,
        )
        net.module_.train(training)
        return stop


class EndOfFit(Callback):
    """Report that the fit is over, once the net has the weights that are kept."""

    def __init__(self, epochs: SklearnCallbacks):
        self.epochs = epochs

    def on_train_end(self, net: NeuralNet, **kwargs: Any) -> None:
        self.epochs.end(net)
