"""The network: an encoder of the input, layers of an architecture, a head per task."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_mtl.neural_network._members import interleave
from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network.architectures._base import Trunk


class Heads(nn.Module):
    """Linear heads of all tasks, side by side, around the best constant predictions.

    They take (n, in_features), which is the same for all tasks, or
    (n_tasks, n, in_features). They start at zero, which is where weight decay pulls
    them back to, and which does not depend on the order of the tasks. `blocks` has the
    number of tasks and the outputs of each for every group of tasks of one width. With
    several networks, whose rows come in turn, each has heads of its own.
    """

    constant_outputs: Tensor

    def __init__(
        self,
        in_features: int,
        blocks: list[tuple[int, int]],
        constant_outputs: Tensor,
        n_networks: int = 1,
    ):
        super().__init__()
        self.in_features = in_features
        self.out_features = len(constant_outputs)
        self.blocks = blocks
        new_zeros = constant_outputs.new_zeros
        own = () if n_networks == 1 else (n_networks,)
        self.weight = nn.Parameter(new_zeros(*own, self.out_features, in_features))
        self.bias = nn.Parameter(new_zeros(*own, self.out_features))
        self.register_buffer("constant_outputs", constant_outputs)

    def forward(self, representation: Tensor) -> Tensor:
        bias = self.bias + self.constant_outputs
        if self.weight.ndim == 2:
            return self._of_network(representation, self.weight, bias)
        n = len(self.weight)
        parts = [
            self._of_network(representation[..., j::n, :], self.weight[j], bias[j])
            for j in range(n)
        ]
        return interleave(parts)

    def _of_network(
        self, representation: Tensor, weight: Tensor, bias: Tensor
    ) -> Tensor:
        if representation.ndim == 2:
            return F.linear(representation, weight, bias)
        outputs = [bias.new_zeros(representation.shape[1], 0)]
        tasks = representation.split([t for t, _ in self.blocks])
        weights = weight.split([t * k for t, k in self.blocks])
        for of_tasks, own, (t, k) in zip(tasks, weights, self.blocks, strict=True):
            by_task = own.view(t, k, self.in_features).transpose(1, 2)
            outputs.append(torch.bmm(of_tasks, by_task).transpose(0, 1).flatten(1))
        return torch.cat(outputs, dim=1) + bias

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}"


class Network(nn.Module):
    """An encoder, the layers of an architecture, and one linear head per task.

    With several members, it deals the rows out to them in training; otherwise every row
    goes to all of them, and their probabilities or quantities are averaged.

    With `in_bfloat16`, products are taken in bfloat16 in training. All tensors that go
    out are of the precision of the weights.
    """

    widths: Tensor
    in_bfloat16 = False

    def __init__(
        self,
        encoder: nn.Module,
        trunk: Trunk,
        layout: OutputLayout,
        constant_outputs: Tensor,
    ):
        super().__init__()
        self.encoder = encoder
        self.trunk = trunk
        blocks = [(len(group.tasks), group.width) for group in layout.groups]
        self.layout = layout
        self.n_members = trunk.n_members
        self.heads = Heads(
            trunk.out_features, blocks, constant_outputs, trunk.n_networks
        )
        n_copies = layout.n_tasks if trunk.per_task else 1
        self.n_represented = n_copies * trunk.out_features
        # How many outputs each task has, in the order of the layout.
        widths = torch.tensor([k for t, k in blocks for _ in range(t)])
        self.register_buffer("widths", widths, persistent=False)

    def share(self, X: Tensor) -> tuple[Tensor, ...]:
        """Return the last tensors that more than one task uses, rows dealt out."""
        with self._casting():
            shared = self.trunk.share(self.encoder(X))
        return tuple(self._cast(tensor) for tensor in shared)

    def decode(self, *shared: Tensor) -> Tensor:
        """Return the outputs for what `share` returns."""
        with self._casting():
            outputs = self.heads(self.trunk.specialise(*shared))
        return self._cast(outputs)

    def _casting(self) -> AbstractContextManager[object]:
        if not (self.training and self.in_bfloat16):
            return nullcontext()
        return torch.autocast(self.heads.weight.device.type, torch.bfloat16)

    def _cast(self, tensor: Tensor) -> Tensor:
        if tensor.dtype == torch.bfloat16:
            return tensor.to(self.heads.weight.dtype)
        return tensor

    def represent(self, X: Tensor) -> Tensor:
        """Return what the heads take, that of all tasks side by side.

        It is the mean over the members.
        """
        found = self.trunk.specialise(*self._share_with_all(X))
        if self.trunk.per_task:
            found = found.transpose(0, 1).flatten(1)
        return found if self.n_members == 1 else self._by_member(found).mean(1)

    def forward(self, X: Tensor) -> Tensor:
        if self.training or self.n_members == 1:
            return self.decode(*self.share(X))
        return self.layout.average(self.outputs_by_member(X))

    def take_turns(self, X: Tensor) -> Tensor:
        """Return the outputs of one network for each row: the networks take turns.

        Each has as many rows, and all of its members are averaged.
        """
        rows = self.decode(*self.trunk.share_in_turn(self.encoder(X)))
        n_networks = self.trunk.n_networks
        apart = rows.unflatten(0, (-1, self.n_members // n_networks, n_networks))
        return self.layout.average(apart.transpose(1, 2).flatten(0, 1))

    def outputs_by_member(self, X: Tensor) -> Tensor:
        """Return the outputs of every member, (n, n_members, n_outputs)."""
        return self._by_member(self.decode(*self._share_with_all(X)))

    def _share_with_all(self, X: Tensor) -> tuple[Tensor, ...]:
        if self.n_members == 1:
            return self.share(X)
        return self.trunk.share_with_all(self.encoder(X))

    def _by_member(self, rows: Tensor) -> Tensor:
        return rows.unflatten(0, (-1, self.n_members))

    def task_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that come after what is shared."""
        modules = [self.heads, *self.trunk.own_modules()]
        return [p for module in modules for p in module.parameters()]

    def shared_parameters(self) -> list[nn.Parameter]:
        """Return all other parameters."""
        own = {id(parameter) for parameter in self.task_parameters()}
        return [p for p in self.parameters() if id(p) not in own]
