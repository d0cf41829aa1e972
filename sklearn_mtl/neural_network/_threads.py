"""How many threads training uses."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Multiplications of a step below which a second thread costs more than it brings.
_SMALL_STEP = 10**8


@contextmanager
def one_thread_if_small(n_parameters: int, batch_size: int) -> Iterator[None]:
    """Run small matrix products on one thread.

    Besides being faster, it makes a fit the same in the main process and in workers.
    """
    n_threads = torch.get_num_threads()
    if n_threads == 1 or n_parameters * batch_size > _SMALL_STEP:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
