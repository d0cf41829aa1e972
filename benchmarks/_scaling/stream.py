"""Training on blocks that are generated, used once and forgotten."""

from time import process_time

import numpy as np

from .by_hand import HandWritten
from .cases import Case, make_blocks
from .machine import MemoryMeter
from .measure import BY_HAND, Line, describe, roofline
from .ours import epochs_timed, make_net


def measure_stream(case: Case, block_rows: int, peak: float) -> list[Line]:
    """Train both on every block in turn, and return a line for each.

    The memory is that of both, and of one block.
    """
    make, net, hand = make_blocks(case), make_net(case, "plain"), HandWritten(case)
    classes = [np.array([0, 1], dtype=np.int8)] * case.n_tasks
    generated = total = by_hand = 0.0
    memory = MemoryMeter()
    with epochs_timed() as epochs:
        for first in range(0, case.n_rows, block_rows):
            start = process_time()
            X, Y = make(min(block_rows, case.n_rows - first))
            generated, start = generated + process_time() - start, process_time()
            net.partial_fit(X, Y, classes=classes)
            total += process_time() - start
            by_hand += hand.train(X, Y)
    trained = sum(epochs)
    ours = {
        **describe(case, "plain"),
        "rows_per_s": case.n_rows / trained,
        "times_by_hand": trained / by_hand,
        "setup_s": total - trained,
        "memory_mb": memory.growth(),
        "generate_s": generated,
    }
    other = {**describe(case, BY_HAND), "rows_per_s": case.n_rows / by_hand}
    return [ours, other, roofline(case, peak)]
