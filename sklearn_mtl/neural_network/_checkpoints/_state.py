"""The state of a fit: from a net in training, and back into one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from skorch.callbacks import Callback, LRScheduler
from torch import Tensor, nn

from sklearn_mtl.neural_network._checkpoints._remembered import (
    recall,
    remember,
    remember_if_storable,
)
from sklearn_mtl.neural_network._checkpoints._tree import UnstorableError, flatten
from sklearn_mtl.neural_network._early_stopping import EarlyStopping
from sklearn_mtl.neural_network._engine import MultiTaskEngine

State = dict[str, Any]

_KNOWN_OPTIMIZERS = (torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD)


def weights_of(net: MultiTaskEngine) -> dict[str, Tensor]:
    """Return all parameters and buffers by name."""
    module = net.trainable_
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def state_of_net(net: MultiTaskEngine) -> State:
    """Return what a net keeps after training.

    Raises
    ------
    UnstorableError
        If the optimizer, the balancer or the sampler has something that cannot be
        stored.
    """
    optimizer = net.optimizer_.state_dict()
    with _naming("optimizer"):
        flatten(optimizer)
    return {
        "weights": weights_of(net),
        "optimizer": optimizer,
        "generator": net.generator.get_state(),
        "history": [
            {name: value for name, value in row.items() if name != "batches"}
            for row in net.history
        ],
        "balancer": _remembered(net.criterion_.balancer, "balancer"),
        "sampler": _remembered(net.sampler_, "task_sampler"),
    }


def restore_net(net: MultiTaskEngine, state: State) -> None:
    """Give a net back what it had."""
    with torch.no_grad():
        for name, tensor in weights_of(net).items():
            tensor.copy_(state["weights"][name])
    net.optimizer_.load_state_dict(state["optimizer"])
    net.generator.set_state(state["generator"])
    net.history[:] = [{**row, "batches": []} for row in state["history"]]
    if state["balancer"] is not None:
        recall(net.criterion_.balancer, state["balancer"])
    if state["sampler"] is not None:
        recall(net.sampler_, state["sampler"])


def state_of_training(
    net: MultiTaskEngine, stopper: EarlyStopping | None, callbacks: Sequence[Callback]
) -> State:
    """Return what there is in the midst of training only, between two epochs.

    `callbacks` are the user's.
    """
    balancing, batches = net.balancing_, net.batches_
    return {
        "average": net.average_.state_dict(),
        "balancing": None if balancing is None else balancing.state_dict(),
        "batches": None if batches is None else batches.state_dict(),
        "callbacks": [_state_of_callback(callback) for callback in callbacks],
        "device_generator": net.device_generator_.get_state(),
        "guard": net.guard_.state_dict(),
        "lowest_losses": net.lowest_losses_,
        "schedule": net.schedule_.state_dict(),
        "stopper": None if stopper is None else stopper.state_dict(),
    }


def restore_training(
    net: MultiTaskEngine,
    stopper: EarlyStopping | None,
    callbacks: Sequence[Callback],
    state: State,
) -> None:
    """Give a net that begins to train back what it had, all but the batches."""
    net.average_.load_state_dict(state["average"])
    if net.balancing_ is not None:
        net.balancing_.load_state_dict(state["balancing"])
    for callback, of_callback in zip(callbacks, state["callbacks"], strict=True):
        _restore_callback(callback, of_callback)
    net.device_generator_.set_state(state["device_generator"])
    net.guard_.load_state_dict(state["guard"])
    net.lowest_losses_ = state["lowest_losses"]
    net.schedule_.load_state_dict(state["schedule"])
    if stopper is not None:
        stopper.load_state_dict(state["stopper"])


def check_optimizer(net: MultiTaskEngine) -> None:
    """Raise if the state that the optimizer has after a step cannot be stored."""
    if type(net.optimizer_) in _KNOWN_OPTIMIZERS:
        return
    copies = [
        (name, nn.Parameter(parameter.detach().clone()))
        for name, parameter in net.get_all_learnable_params()
    ]
    for _, parameter in copies:
        parameter.grad = torch.zeros_like(parameter)
    args, kwargs = net.get_params_for_optimizer("optimizer", copies)
    trial = net.optimizer(*args, **{"lr": net.lr, **kwargs})
    trial.step(lambda: torch.zeros(()))
    with _naming("optimizer"):
        flatten(trial.state_dict())


def _remembered(holder: Any, parameter: str) -> Any:
    if holder is None:
        return None
    given = holder.get_params(deep=False)
    with _naming(parameter):
        # A function of the user may be an object that remembers.
        return remember(holder, leave_out=set(given) - {"function"})


@contextmanager
def _naming(parameter: str) -> Iterator[None]:
    """Let an error say which parameter has what cannot be stored."""
    try:
        yield
    except UnstorableError as error:
        error.parameter = parameter
        raise


def _state_of_callback(callback: Any) -> State:
    if isinstance(callback, LRScheduler):
        scheduler = callback.lr_scheduler_.state_dict()
        return {"scheduler": scheduler, "batch_idx": callback.batch_idx_}
    if hasattr(callback, "state_dict"):
        return callback.state_dict()
    return remember_if_storable(callback)


def _restore_callback(callback: Any, state: State) -> None:
    if isinstance(callback, LRScheduler):
        callback.lr_scheduler_.load_state_dict(state["scheduler"])
        callback.batch_idx_ = state["batch_idx"]
    elif hasattr(callback, "load_state_dict"):
        callback.load_state_dict(state)
    else:
        recall(callback, state)
