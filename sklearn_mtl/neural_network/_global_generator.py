"""Torch's global generator, lent to code that draws from it, and given back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# What draws from it may itself fit a network.
_lock = threading.RLock()


@contextmanager
def lent_global_generator(seed: int, device: str = "cpu") -> Iterator[None]:
    """Let code draw from torch's global generator as if it had been seeded."""
    on_gpu = torch.device(device).type == "cuda"
    devices = [torch.device(device).index or 0] if on_gpu else []
    with _lock, torch.random.fork_rng(devices=devices):
        torch.random.default_generator.manual_seed(seed)
        if on_gpu:
            torch.cuda.default_generators[devices[0]].manual_seed(seed)
        yield
