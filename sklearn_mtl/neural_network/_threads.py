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


class _SmallSteps:
    """The threads that are at small steps, and the setting from before the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._here = threading.local()
        self._n_users = 0
        self._n_threads = 1

    def is_here(self) -> bool:
        return getattr(self._here, "is_inside", False)

    def setting(self) -> int:
        """Return the setting of this thread, but for what small steps have made it.

        A thread starts with what any other has set last, which may be ours.
        """
        with self._lock:
            n_threads = torch.get_num_threads()
            return self._n_threads if n_threads == 1 and self._n_users else n_threads

    def enter(self, n_threads: int) -> None:
        with self._lock:
            if not self._n_users:
                self._n_threads = n_threads
            self._n_users += 1
            torch.set_num_threads(1)
        self._here.is_inside = True

    def leave(self, n_threads: int) -> None:
        self._here.is_inside = False
        with self._lock:
            self._n_users -= 1
            torch.set_num_threads(n_threads)


_small_steps = _SmallSteps()


@contextmanager
def one_thread_if_small(n_products: int, n_rows: int) -> Iterator[None]:
    """Run small matrix products on one thread.

    Besides being faster, it makes a fit the same in the main process and in workers.
    """
    if _small_steps.is_here():
        yield
        return
    n_threads = _small_steps.setting()
    if n_threads == 1:
        yield
        return
    if n_products * n_rows > _SMALL_STEP:
        if n_threads != torch.get_num_threads():
            torch.set_num_threads(n_threads)
        yield
        return
    _small_steps.enter(n_threads)
    try:
        yield
    finally:
        _small_steps.leave(n_threads)


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
