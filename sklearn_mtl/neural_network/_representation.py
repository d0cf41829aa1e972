"""What a network has learnt, as the encoder of another one."""

import copy
from typing import Any, Self

from skorch.callbacks import Callback
from torch import Tensor, nn

from sklearn_mtl.neural_network._network import Network


class Representation(nn.Module):
    """The encoder and the layers of a network up to its heads.

    Its layers can be closed, all but some at the top: they are not trained, and
    normalise and drop as in prediction.
    """

    def __init__(self, network: Network):
        super().__init__()
        self.network = network
        self.out_features = network.n_represented
        # The inputs that it takes, if they are named.
        self.names = getattr(network.encoder, "names", ())
        self._parts = [
            module
            for part in (network.encoder, network.trunk)
            for module in part.modules()
            if _has_parameters(module) or not list(module.children())
        ]
        self._n_closed = 0

    def forward(self, X: Any) -> Tensor:
        return self.network.represent(X)

    def open(self, n_layers: int) -> None:
        """Train so many layers at the top."""
        layers = [k for k, part in enumerate(self._parts) if _has_parameters(part)]
        opened = layers[max(len(layers) - n_layers, 0) :]
        self._n_closed = opened[0] if opened else len(self._parts)
        for k, part in enumerate(self._parts):
            for parameter in part.parameters(recurse=False):
                parameter.requires_grad_(k >= self._n_closed)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for part in self._parts[: self._n_closed]:
            part.eval()
        return self


def _has_parameters(module: nn.Module) -> bool:
    return next(module.parameters(recurse=False), None) is not None


class RepresentationOf:
    """A factory of copies of what a network has learnt, which take X as it takes it."""

    encodes_all = True

    def __init__(self, network: Network):
        self._network = network

    def __call__(self) -> Representation:
        return Representation(copy.deepcopy(self._network))


class GradualUnfreezing(Callback):
    """Train the head alone for an epoch, then open a layer per epoch, from the top."""

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        net.module_.encoder.open(len(net.history) - 1)
