"""How many threads training uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

# Multiplications of a step below which a second thread costs more than it brings.
_SMALL_STEP = 10**8

_Convolution = nn.modules.conv._ConvNd


@contextmanager
def one_thread_if_small(n_products: int, n_rows: int) -> Iterator[None]:
    """Run small matrix products on one thread.

    Besides being faster, it makes a fit the same in the main process and in workers.
    """
    n_threads = torch.get_num_threads()
    if n_threads == 1 or n_products * n_rows > _SMALL_STEP:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


def count_products(module: nn.Module, row: Any) -> int:
    """Return how many products of a weight and an activation a row takes.

    All weights are used once, those of convolutions once for each place.
    """
    total = sum(parameter.numel() for parameter in module.parameters())
    convolutions = [m for m in module.modules() if isinstance(m, _Convolution)]
    if not convolutions:
        return total
    found: list[int] = []

    def count(layer: nn.Module, args: Any, output: Tensor) -> None:
        n_weights = sum(p.numel() for p in layer.parameters())
        found.append(n_weights * prod(output.shape[2:]))

    handles = [layer.register_forward_hook(count) for layer in convolutions]
    module.eval()
    try:
        with torch.no_grad():
            module(row)
    finally:
        for handle in handles:
            handle.remove()
    return total + sum(found)
