"""How many threads training uses."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

# Multiplications of a step below which a second thread costs more than it brings.
_SMALL_STEP = 10**8

_Convolution = nn.modules.conv._ConvNd


class _OneThread:
    """Torch's setting, which all threads of the process share, while it is 1.

    Several threads may fit at once, as in a worker of Dask. The last one to leave gives
    back what the first one found.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._n_before = 1

    def enter(self) -> None:
        with self._lock:
            if not self._n_inside:
                self._n_before = torch.get_num_threads()
            self._n_inside += 1
            if torch.get_num_threads() != 1:
                torch.set_num_threads(1)

    def leave(self) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside and self._n_before != 1:
                torch.set_num_threads(self._n_before)


_one_thread = _OneThread()


@contextmanager
def one_thread_if_small(n_products: int, n_rows: int) -> Iterator[None]:
    """Run small matrix products on one thread.

    Besides being faster, it makes a fit the same in the main process and in workers.
    """
    if n_products * n_rows > _SMALL_STEP:
        yield
        return
    _one_thread.enter()
    try:
        yield
    finally:
        _one_thread.leave()


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
