"""The layers that the convolutional encoders are made of."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_mtl.neural_network._modules import ACTIVATIONS, SeededDropout
from sklearn_mtl.neural_network.encoders._base import ConvolutionalEncoder

Stages = list[list[nn.Conv2d]]


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation that takes a lone value by the statistics of those before."""

    def forward(self, input: Tensor) -> Tensor:
        if self.training and input.numel() <= self.num_features:
            mean, variance = self.running_mean, self.running_var
            return F.batch_norm(
                input, mean, variance, self.weight, self.bias, eps=self.eps
            )
        return super().forward(input)


class GroupNorm(nn.GroupNorm):
    """Group normalisation with a few channels in a group, however small the image."""

    def __init__(self, n_channels: int):
        super().__init__(
            math.gcd(n_channels, max(min(n_channels // 4, 8), 1)), n_channels
        )

    def forward(self, input: Tensor) -> Tensor:
        # torch.nn refuses a row of one pixel in one group.
        return torch.group_norm(
            input, self.num_groups, self.weight, self.bias, self.eps
        )


class Readout(nn.Module):
    """Mean or maximum of each channel in each cell of a grid, or both."""

    def __init__(self, kind: str, cells: tuple[int, int], n_channels: int):
        super().__init__()
        self.kind = kind
        self.cells = cells
        n_kinds = 2 if kind == "both" else 1
        self.out_features = n_channels * cells[0] * cells[1] * n_kinds

    def forward(self, input: Tensor) -> Tensor:
        found = []
        if self.kind != "max":
            found.append(F.adaptive_avg_pool2d(input, self.cells))
        if self.kind != "average":
            found.append(F.adaptive_max_pool2d(input, self.cells))
        return torch.cat(found, dim=1).flatten(1)


class ConvNetwork(nn.Module):
    """Stages of convolution, normalisation and activation, each halving the image.

    It takes (n, channels, height, width), or (n, height, width) as one channel. A side
    of one pixel is halved no further.
    """

    def __init__(
        self,
        size: tuple[int, int],
        stages: Stages,
        settings: ConvolutionalEncoder,
        cells: tuple[int, int],
    ):
        super().__init__()
        layers: list[nn.Module] = []
        for convolutions in stages:
            for convolution in convolutions:
                layers += [
                    convolution,
                    _make_norm(settings.normalisation, convolution.out_channels),
                    ACTIVATIONS[settings.activation](),
                ]
            window = (min(size[0], 2), min(size[1], 2))
            if window != (1, 1):
                layers.append(nn.MaxPool2d(window))
            size = (size[0] // window[0], size[1] // window[1])
        self.stages = nn.Sequential(*layers)
        n_channels = stages[-1][-1].out_channels
        self.readout = Readout(settings.readout, cells, n_channels)
        self.dropout = SeededDropout(settings.dropout)
        self.out_features = self.readout.out_features

    def forward(self, input: Tensor) -> Tensor:
        images = input.unsqueeze(1) if input.ndim == 3 else input
        # Faster on a CPU than channels first.
        images = images.contiguous(memory_format=torch.channels_last)
        return self.dropout(self.readout(self.stages(images)))


def make_stages(
    n_in: int, kernel: tuple[int, int], settings: ConvolutionalEncoder
) -> Stages:
    """Return the convolutions of each stage, which keep the size of the image."""
    stages: Stages = []
    for n_out in settings.channels:
        stages.append([])
        for _ in range(settings.n_convolutions):
            stages[-1].append(make_convolution(n_in, n_out, kernel, settings))
            n_in = n_out
    return stages


def make_convolution(
    n_in: int, n_out: int, kernel: tuple[int, int], settings: ConvolutionalEncoder
) -> nn.Conv2d:
    """Return a convolution that keeps the size of the image."""
    padding = (kernel[0] // 2, kernel[1] // 2)
    biased = settings.normalisation is None
    layer = nn.Conv2d(n_in, n_out, kernel, padding=padding, bias=biased)
    weight = nn.init.kaiming_normal_(layer.weight.detach())
    layer.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _make_norm(kind: str | None, n_channels: int) -> nn.Module:
    if kind == "batch":
        return BatchNorm(n_channels)
    if kind == "group":
        return GroupNorm(n_channels)
    return nn.Identity()
