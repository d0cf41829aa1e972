"""A copy of a module's weights, to go back to."""

from typing import Any

import torch
from torch import nn


class Snapshot:
    """The parameters and buffers of a module as they are after an epoch."""

    def __init__(self, module: nn.Module, epoch: int = 0):
        self.epoch = epoch
        self.tensors = [tensor.detach().clone() for tensor in _state(module)]

    def update(self, module: nn.Module, epoch: int = 0) -> None:
        """Take the weights of the module."""
        self.epoch = epoch
        with torch.no_grad():
            for kept, tensor in zip(self.tensors, _state(module), strict=True):
                kept.copy_(tensor)

    def restore(self, module: nn.Module) -> None:
        """Give the weights back to the module."""
        with torch.no_grad():
            for kept, tensor in zip(self.tensors, _state(module), strict=True):
                tensor.copy_(kept)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint is to keep."""
        return {"epoch": self.epoch, "tensors": self.tensors}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become what a checkpoint kept."""
        self.epoch = state["epoch"]
        for kept, tensor in zip(self.tensors, state["tensors"], strict=True):
            kept.copy_(tensor)


def _state(module: nn.Module) -> list[torch.Tensor]:
    return [*module.parameters(), *module.buffers()]
