"""A process of its own, whose memory nothing else has used."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import torch


def run_apart(function: Callable[..., Any], *args: Any) -> Any:
    """Return what a function returns in a new process of one thread."""
    context = get_context("spawn")
    with ProcessPoolExecutor(
        1, context, initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        return pool.submit(function, *args).result()
