"""Some of the rows of a batch: those of one process, or of one pass through a net."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch


@dataclass(frozen=True)
class RowShare:
    """The rows from `start` to `stop` of a batch of `n_rows`."""

    start: int
    stop: int
    n_rows: int

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def is_whole(self) -> bool:
        return len(self) == self.n_rows

    @property
    def fraction(self) -> float:
        """How much of the batch it is."""
        return len(self) / self.n_rows if self.n_rows else 1.0

    def divide(self, n_parts: int, unit: int) -> list["RowShare"]:
        """Return parts of about one size, which may be empty.

        Rows that are dealt out in turn, to `unit` members or networks, stay together.
        """
        n_units = -(-len(self) // unit)
        ends = [
            min(self.start + n_units * k // n_parts * unit, self.stop)
            for k in range(n_parts + 1)
        ]
        return [RowShare(start, stop, self.n_rows) for start, stop in pairwise(ends)]


class CurrentRows:
    """Which rows of a batch a network has at the moment, for what draws for all rows.

    So that these get the same draws wherever they go through.

    Parameters
    ----------
    generator : torch.Generator, default=None
        What to draw from for a tensor whose rows are not found.
    """

    def __init__(self, generator: torch.Generator | None = None):
        self.generator = generator
        self.share: RowShare | None = None

    @property
    def are_all(self) -> bool:
        return self.share is None or self.share.is_whole

    def find(self, shape: Sequence[int]) -> tuple[int, int, int] | None:
        """Return the axis of the rows in a tensor, where they start, and of how many.

        A network of several has every so manieth of the rows.
        """
        share = self.share
        axis = None if share is None else find_row_axis(shape, len(share))
        if share is None or axis is None:
            return None
        n_each = len(share) // shape[axis]
        if share.n_rows % n_each:
            return None
        return axis, share.start // n_each, share.n_rows // n_each


def find_row_axis(shape: Sequence[int], n_rows: int) -> int | None:
    """Return the axis of so many rows, or of an equal part of them, if there is one."""
    if not n_rows:
        return None
    second_last = max(len(shape) - 2, 0)
    # Three axes are those of what tasks or experts make of rows, more are of images.
    for axis in (0, second_last) if len(shape) > 3 else (second_last, 0):
        if shape[axis] == n_rows:
            return axis
    divides = shape[second_last] > 0 and n_rows % shape[second_last] == 0
    return second_last if divides else None
