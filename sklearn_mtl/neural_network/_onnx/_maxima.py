"""Maxima over the cells of a grid, which ONNX has for grids that divide the image."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_mtl.neural_network.encoders._stages import Readout


class SlicedReadout(nn.Module):
    """What `Readout` returns, cell by cell."""

    def __init__(self, readout: Readout):
        super().__init__()
        self.kind, self.cells = readout.kind, readout.cells

    def forward(self, input: Tensor) -> Tensor:
        down, across = (
            _bounds(size, n)
            for size, n in zip(input.shape[2:], self.cells, strict=True)
        )
        maxima = torch.stack(
            [
                input[:, :, top:bottom, left:right].amax((2, 3))
                for top, bottom in down
                for left, right in across
            ],
            dim=2,
        )
        found = [maxima.flatten(1)]
        if self.kind == "both":
            found.insert(0, F.adaptive_avg_pool2d(input, self.cells).flatten(1))
        return torch.cat(found, dim=1)


def slice_maxima(network: nn.Module) -> None:
    """Replace the readouts of a network that take maxima."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Readout) and child.kind != "average":
                setattr(parent, name, SlicedReadout(child))


def _bounds(size: int, n: int) -> list[tuple[int, int]]:
    """Return where each of n cells begins and ends, as torch has it."""
    return [(k * size // n, -(-(k + 1) * size // n)) for k in range(n)]
