"""Rows through a network that predicts, in as large parts as there is memory for."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from sklearn_mtl.neural_network._input_rows import InputBatch
from sklearn_mtl.neural_network._rows import append_zeros

# For fewer, matrix products add up in another order; so they may for parts of batches
# that do not end where their blocks do.
_FEWEST_ROWS, _BLOCK = 4, 32


class Prediction:
    """What a function makes of batches, on the CPU.

    Where a device has too little memory for a batch, half as many rows go through at
    once from then on, which changes none of what comes out.

    Parameters
    ----------
    forward : callable
        Makes a row of numbers of each row of a batch.
    """

    def __init__(self, forward: Callable[[Any], Tensor]):
        self._forward = forward
        self._most: int | None = None

    def __call__(self, batch: Tensor | InputBatch) -> list[Tensor]:
        """Return the rows that it makes, in parts."""
        done, parts = 0, []
        while done < len(batch):
            n_rows = min(self._most or len(batch), len(batch) - done)
            found = self._try(_select(batch, done, done + n_rows))
            if found is None:
                self._halve(n_rows)
                continue
            parts.append(found)
            done += n_rows
        return parts

    def _try(self, batch: Tensor | InputBatch) -> Tensor | None:
        """Return what it makes of a batch; None if there is too little memory."""
        try:
            return self._forward(_fill_up(batch)).cpu()[: len(batch)]
        except torch.OutOfMemoryError:
            if len(batch) <= _BLOCK:
                raise
            return None

    def _halve(self, n_rows: int) -> None:
        # The error is gone by now, and with it all that it held.
        torch.cuda.empty_cache()
        if self._most is None:
            warnings.warn(
                f"The device has too little memory to predict {n_rows} rows at once; "
                "fewer go through at once, with the same result.",
                stacklevel=2,
            )
        self._most = max(n_rows // 2 // _BLOCK, 1) * _BLOCK


def _select(batch: Tensor | InputBatch, start: int, stop: int) -> Tensor | InputBatch:
    if stop - start == len(batch):
        return batch
    return (
        batch.rows(start, stop) if isinstance(batch, InputBatch) else batch[start:stop]
    )


def _fill_up(batch: Tensor | InputBatch) -> Tensor | InputBatch:
    """Append rows of zeros to a few."""
    if isinstance(batch, InputBatch):
        return batch.filled_up(_FEWEST_ROWS)
    return append_zeros(batch, _FEWEST_ROWS)
