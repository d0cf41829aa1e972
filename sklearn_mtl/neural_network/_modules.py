"""Layers that draw their weights and their dropout from a generator of their own."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sklearn_mtl.neural_network._row_share import CurrentRows

ACTIVATIONS = {
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "identity": nn.Identity,
    "leaky_relu": nn.LeakyReLU,
    "relu": nn.ReLU,
    "selu": nn.SELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


class SeededDropout(nn.Dropout):
    """Dropout that draws from a generator of its own.

    torch draws the masks of `nn.Dropout` from its global generator, which a fit must
    not touch, and which threads share.
    """

    generator: torch.Generator | None = None
    rows: CurrentRows | None = None
    # One that was drawn before the pass, for the next rows.
    mask: Tensor | None = None

    def forward(self, input: Tensor) -> Tensor:
        if self.mask is not None:
            return input * self.mask
        if not self.training or self.p == 0 or self.generator is None:
            return super().forward(input)
        if self.p == 1:
            return torch.zeros_like(input)
        return input * self.draw_mask(input, self.generator)

    def draw_mask(self, input: Tensor, generator: torch.Generator) -> Tensor:
        """Return the mask of the rows that are here, out of that of all rows."""
        if self.rows is None or self.rows.are_all:
            return self._draw(input.shape, input, generator)
        place = self.rows.find(input.shape)
        if place is None:
            return self._draw(input.shape, input, self.rows.generator)
        axis, start, n_rows = place
        shape = list(input.shape)
        shape[axis] = n_rows
        return self._draw(shape, input, generator).narrow(
            axis, start, input.shape[axis]
        )

    def _draw(
        self, shape: Sequence[int], like: Tensor, generator: torch.Generator | None
    ) -> Tensor:
        # Where the layer is mapped over networks, they all get one mask.
        mask = torch.empty(shape, dtype=like.dtype, device=like.device)
        return mask.bernoulli_(1 - self.p, generator=generator).div_(1 - self.p)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "generator": None, "rows": None}


def seed_dropout(
    module: nn.Module,
    generator: torch.Generator | None,
    rows: CurrentRows | None = None,
) -> None:
    """Let every dropout layer of the module draw from the generator.

    It draws for all rows of a batch, whichever of them the network has.
    """
    for layer in module.modules():
        if type(layer) is nn.Dropout:
            layer.__class__ = SeededDropout
        if isinstance(layer, SeededDropout):
            layer.generator, layer.rows = generator, rows


def find_norm_over_rows(module: nn.Module) -> nn.Module | None:
    """Return a layer that normalises over the rows of a batch, or remembers them."""
    for layer in module.modules():
        is_over_rows = isinstance(layer, nn.modules.batchnorm._BatchNorm)
        if is_over_rows or getattr(layer, "track_running_stats", False):
            return layer
    return None


def seeded_linear(
    n_in: int, n_out: int, generator: torch.Generator, dtype: torch.dtype
) -> nn.Linear:
    """Return a linear layer with He's uniform weights, drawn from the generator."""
    device = torch.get_default_device()
    layer = nn.utils.skip_init(nn.Linear, n_in, n_out, dtype=dtype, device=device)
    bound = 1 / math.sqrt(max(n_in, 1))
    with torch.no_grad():
        # Drawn in float64, so that every precision starts from the same network.
        for parameter, limit in (
            (layer.weight, math.sqrt(6) * bound),
            (layer.bias, bound),
        ):
            draws = torch.empty(parameter.shape, dtype=torch.float64)
            parameter.copy_(draws.uniform_(-limit, limit, generator=generator))
    return layer


class MLP(nn.Sequential):
    """Linear layers, each followed by an activation and dropout."""

    def __init__(
        self,
        n_features_in: int,
        hidden_layer_sizes: Sequence[int],
        *,
        activation: str,
        dropout: float,
        generator: torch.Generator,
        dtype: torch.dtype,
    ):
        layers: list[nn.Module] = []
        for size in hidden_layer_sizes:
            layers += [
                seeded_linear(n_features_in, size, generator, dtype),
                ACTIVATIONS[activation](),
            ]
            if dropout:
                layers.append(SeededDropout(dropout))
            n_features_in = size
        super().__init__(*layers)
        self.out_features = n_features_in
