"""Layers that several tasks or experts have side by side, computed in one product."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sklearn_mtl.neural_network._modules import ACTIVATIONS, SeededDropout
from sklearn_mtl.neural_network.architectures._base import LayerSettings


class StackedLinear(nn.Module):
    """A linear layer for each of k tasks or experts.

    It maps (n, n_in), which all get, or (k, n, n_in) to (k, n, n_out). The weights are
    He's uniform ones, drawn from the generator; without one they start at zero.
    """

    def __init__(
        self,
        k: int,
        n_in: int,
        n_out: int,
        generator: torch.Generator | None,
        dtype: torch.dtype,
    ):
        super().__init__()
        bound = 1 / math.sqrt(max(n_in, 1))
        self.weight = draw_uniform(
            (k, n_in, n_out), math.sqrt(6) * bound, generator, dtype
        )
        self.bias = draw_uniform((k, 1, n_out), bound, generator, dtype)

    def forward(self, input: Tensor) -> Tensor:
        k, n_in, n_out = self.weight.shape
        if input.ndim == 3:
            return torch.baddbmm(self.bias, input, self.weight)
        # One product for all, since they have the same input.
        flat = input @ self.weight.transpose(0, 1).reshape(n_in, k * n_out)
        return flat.view(-1, k, n_out).transpose(0, 1) + self.bias


class StackedMLP(nn.Sequential):
    """Layers for each of k tasks or experts, with activations and dropout.

    It maps (n, n_in) or (k, n, n_in) to (k, n, out_features).
    """

    def __init__(
        self, k: int, n_in: int, sizes: Sequence[int], settings: LayerSettings
    ):
        layers: list[nn.Module] = []
        for size in sizes:
            layers += [
                StackedLinear(k, n_in, size, settings.generator, settings.dtype),
                ACTIVATIONS[settings.activation](),
            ]
            if settings.dropout:
                layers.append(SeededDropout(settings.dropout))
            n_in = size
        super().__init__(*layers)
        self.out_features = n_in


def draw_uniform(
    shape: Sequence[int],
    bound: float,
    generator: torch.Generator | None,
    dtype: torch.dtype,
) -> nn.Parameter:
    """Return a parameter between -bound and bound; without a generator it is zero."""
    # Drawn in float64, so that every precision starts from the same network.
    values = torch.zeros(tuple(shape), dtype=torch.float64)
    if generator is not None:
        values.uniform_(-bound, bound, generator=generator)
    return nn.Parameter(values.to(dtype))
