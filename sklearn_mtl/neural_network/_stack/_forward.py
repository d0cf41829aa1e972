"""The forward pass of all members at once: by hand for an MLP, else by vmap."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from sklearn_mtl.neural_network._input_scaler import InputScaler
from sklearn_mtl.neural_network._modules import SeededDropout
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network.architectures._shared_bottom import SharedBottomTrunk


def is_mlp(module: Network) -> bool:
    """Return whether the network is a shared MLP on the input, and linear heads."""
    trunk = module.trunk
    return (
        type(module.encoder) in (InputScaler, nn.Identity)
        and type(trunk) is SharedBottomTrunk
        and not trunk.per_task
    )


class StackedForward(ABC):
    """Maps inputs (M, n, ...) to outputs (M, n, n_outputs)."""

    def arrange(self, stacked: Tensor) -> Tensor:
        """Return stacked parameters (M, ...) in the layout that they are used in."""
        return stacked

    def restore(self, parameter: Tensor) -> Tensor:
        """Return a parameter of one member in the layout of its module."""
        return parameter

    @abstractmethod
    def __call__(
        self,
        parameters: Sequence[Tensor],
        buffers: Mapping[str, Tensor],
        X: Tensor,
        masks: Sequence[Tensor],
    ) -> Tensor:
        """Return the outputs for the arranged parameters (M, ...).

        `masks` (M, n, width) multiply the activations of each hidden layer.
        """


class MLPForward(StackedForward):
    """Layer by layer, one batched product each. X has been through the encoder.

    Weights are (M, n_in, n_out): so their gradients come as they are stored, and need
    not be copied.
    """

    def __init__(self, module: Network):
        self.activations = [
            layer
            for layer in module.trunk.get_submodule("layers").children()
            if not isinstance(layer, (nn.Linear, SeededDropout))
        ]

    def arrange(self, stacked: Tensor) -> Tensor:
        """Return stacked parameters (M, ...) in the layout that they are used in."""
        return stacked.mT.contiguous() if stacked.ndim == 3 else stacked

    def restore(self, parameter: Tensor) -> Tensor:
        """Return a parameter of one member in the layout of its module."""
        return parameter.mT if parameter.ndim == 2 else parameter

    def __call__(
        self,
        parameters: Sequence[Tensor],
        buffers: Mapping[str, Tensor],
        X: Tensor,
        masks: Sequence[Tensor],
    ) -> Tensor:
        shared = self.represent(parameters, X, masks)
        return self.decode(parameters, buffers, shared)

    def represent(
        self, parameters: Sequence[Tensor], X: Tensor, masks: Sequence[Tensor]
    ) -> Tensor:
        """Return what the tasks share."""
        for k, activation in enumerate(self.activations):
            X = activation(_linear(X, parameters[2 * k], parameters[2 * k + 1]))
            if masks:
                X = X * masks[k]
        return X

    def decode(
        self,
        parameters: Sequence[Tensor],
        buffers: Mapping[str, Tensor],
        shared: Tensor,
    ) -> Tensor:
        """Return the outputs of the heads."""
        bias = parameters[-1] + buffers["heads.constant_outputs"]
        return _linear(shared, parameters[-2], bias)


def _linear(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.baddbmm(bias.unsqueeze(1), X, weight)


class VmapForward(StackedForward):
    """The network itself, mapped over members by `torch.func.vmap`."""

    def __init__(self, module: Network):
        self.module = module
        self.names = [name for name, _ in module.named_parameters()]
        self._map = vmap(self._forward, randomness="same")

    def _forward(self, tensors: dict[str, Tensor], X: Tensor) -> Tensor:
        return functional_call(self.module, tensors, (X,))

    def __call__(
        self,
        parameters: Sequence[Tensor],
        buffers: Mapping[str, Tensor],
        X: Tensor,
        masks: Sequence[Tensor],
    ) -> Tensor:
        tensors = dict(zip(self.names, parameters, strict=True))
        return self._map({**tensors, **buffers}, X)

    def probe(self, X: Tensor) -> None:
        """Raise if the network cannot be mapped, forward and backward."""
        parameters = [
            p.detach().expand(2, *p.shape).clone().requires_grad_(p.requires_grad)
            for p in self.module.parameters()
        ]
        buffers = {
            name: buffer.expand(2, *buffer.shape)
            for name, buffer in self.module.named_buffers()
        }
        outputs = self(parameters, buffers, X.expand(2, *X.shape), ())
        outputs.sum().backward()
