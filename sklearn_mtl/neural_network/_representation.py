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
        self._layers = [
            layer
            for part in (network.encoder, network.trunk)
            for layer in part.modules()
            if any(True for _ in layer.parameters(recurse=False))
        ]
        self.n_open = len(self._layers)

    def forward(self, X: Any) -> Tensor:
        return self.network.represent(X)

    def open(self, n_layers: int) -> None:
        """Train so many layers at the top."""
        self.n_open = min(n_layers, len(self._layers))
        for layer in self._layers:
            is_open = layer not in self._closed()
            for parameter in layer.parameters(recurse=False):
                parameter.requires_grad_(is_open)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for layer in self._closed():
            layer.eval()
        return self

    @property
    def all_open(self) -> bool:
        """Whether there is no closed layer left."""
        return self.n_open == len(self._layers)

    def _closed(self) -> list[nn.Module]:
        return self._layers[: len(self._layers) - self.n_open]


class RepresentationOf:
    """A factory of copies of what a network has learnt, which take X as it takes it."""

    encodes_all = True

    def __init__(self, network: Network):
        self._network = network

    def __call__(self, shape: Any = None) -> Representation:
        return Representation(copy.deepcopy(self._network))


class GradualUnfreezing(Callback):
    """Train the head alone for an epoch, then open a layer per epoch, from the top."""

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        net.module_.encoder.open(len(net.history) - 1)
