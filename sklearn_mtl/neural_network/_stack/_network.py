"""The networks of a stack as one, with a leading axis of members."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._stack._forward import (
    MLPForward,
    StackedForward,
    VmapForward,
    is_mlp,
)
from sklearn_mtl.neural_network._stack._streams import Batch
from sklearn_mtl.neural_network._task_groups import OutputLayout


class StackedNetwork:
    """The parameters and buffers of all members, (M, ...), and how they are used.

    Parameters
    ----------
    modules : sequence of Network
        Networks of one signature to start from.
    of_members : Tensor of shape (M,)
        From which of them each member starts.
    layout : OutputLayout
        That of the outputs of all.
    """

    def __init__(
        self, modules: Sequence[Network], of_members: Tensor, layout: OutputLayout
    ):
        self.module, self.layout = modules[0], layout
        self.forward: StackedForward = (
            MLPForward(self.module) if is_mlp(self.module) else VmapForward(self.module)
        )
        self.parameters = [
            self.forward.arrange(_pile(copies, of_members)).requires_grad_(
                copies[0].requires_grad
            )
            for copies in zip(*(m.parameters() for m in modules), strict=True)
        ]
        names = [name for name, _ in self.module.named_buffers()]
        copies = zip(*(m.buffers() for m in modules), strict=True)
        self.buffers = {
            name: _pile(of_streams, of_members)
            for name, of_streams in zip(names, copies, strict=True)
        }

    @property
    def trained(self) -> list[Tensor]:
        return [p for p in self.parameters if p.requires_grad]

    @property
    def n_numbers(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters)

    def losses(self, batch: Batch) -> Tensor:
        """Return the loss of every label, (M, n, n_tasks)."""
        outputs = self.forward(self.parameters, self.buffers, batch.X, batch.masks)
        return self.losses_of(outputs, batch)

    def losses_of(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Return the loss of every label for these outputs."""
        targets = batch.targets
        cells = self.layout.losses(outputs.flatten(0, 1), targets.flatten(0, 1))
        return cells.view(targets.shape)

    def copy_of(self, m: int, parameters: Sequence[Tensor]) -> list[Tensor]:
        """Return those of one member among such parameters, as its module has them."""
        restore = self.forward.restore
        return [restore(p.detach()[m]).clone() for p in parameters]

    def keep(self, rows: Tensor) -> None:
        """Go on with some of the members."""
        self.parameters = [
            p.detach()[rows].requires_grad_(p.requires_grad) for p in self.parameters
        ]
        self.buffers = {name: b[rows] for name, b in self.buffers.items()}


def _pile(copies: Sequence[Tensor], of_members: Tensor) -> Tensor:
    """Return the tensors of the members, one above the other."""
    return torch.stack([copy.detach() for copy in copies])[of_members]
