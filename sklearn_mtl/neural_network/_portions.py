"""What a process has of a batch, and the parts in which it goes through the network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sklearn_mtl.neural_network._input_rows import InputBatch
from sklearn_mtl.neural_network._row_share import CurrentRows, RowShare

# X, a tensor or an `InputBatch`, with targets and weights.
Batch = tuple[Any, tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Portion:
    """Some rows of a batch; of a batch too small for all, a few that do not count.

    `seen_by_all` has the sums of the weights of the whole batch, if it is not whole.
    """

    batch: Batch
    share: RowShare
    seen_by_all: Tensor | None = None

    @property
    def seen(self) -> Tensor:
        """The sum of the weights of each task over the whole batch."""
        if self.seen_by_all is not None:
            return self.seen_by_all
        return self.batch[1][1].sum(0)

    def cut(self, share: RowShare, unit: int) -> "Portion":
        """Return the rows of a smaller share."""
        rows = find_rows(share, unit)
        start, stop = rows.start - self.share.start, rows.stop - self.share.start
        X, (targets, weights) = self.batch
        X = X.rows(start, stop) if isinstance(X, InputBatch) else X[start:stop]
        labels = targets[start:stop], weights[start:stop]
        return make_portion((X, labels), share, self.seen)


def whole_portion(batch: Batch) -> Portion:
    """Return all rows of a batch."""
    n_rows = len(batch[1][0])
    return Portion(batch, RowShare(0, n_rows, n_rows))


def make_portion(own: Batch, share: RowShare, seen: Tensor) -> Portion:
    """Return the portion of its rows, those of an empty share without their weights."""
    X, (targets, weights) = own
    if not len(share):
        weights = torch.zeros_like(weights)
    return Portion((X, (targets, weights)), share, seen)


def find_rows(share: RowShare, unit: int) -> RowShare:
    """Return the rows to go through: of none the first, as a network needs some."""
    return share if len(share) else RowShare(0, min(unit, share.n_rows), share.n_rows)


class Parts:
    """The parts of a portion, one after the other; usually it is one.

    Each time they are gone through, the network draws the same.

    Parameters
    ----------
    portion : Portion
        The rows of this process.
    n_parts : int
        How many parts there are to be; fewer if there are too few rows.
    unit : int
        The rows that belong together.
    current : CurrentRows
        Who is told which rows come.
    generator : torch.Generator
        What the network draws from.
    """

    def __init__(
        self,
        portion: Portion,
        n_parts: int = 1,
        unit: int = 1,
        current: CurrentRows | None = None,
        generator: torch.Generator | None = None,
    ):
        self._portion = portion
        self.n_rows, self.start = portion.share.n_rows, portion.share.start
        self._portions = [portion]
        if n_parts > 1 and len(portion.share) > unit:
            shares = portion.share.divide(n_parts, unit)
            self._portions = [portion.cut(s, unit) for s in shares if len(s)]
        self._unit = unit
        self._current = CurrentRows() if current is None else current
        # Several parts begin with the same draws.
        self._generator = generator if len(self) > 1 else None
        self._start = None if self._generator is None else self._generator.get_state()

    @property
    def seen(self) -> Tensor:
        """The sum of the weights of each task over the whole batch."""
        return self._portion.seen

    def __len__(self) -> int:
        return len(self._portions)

    def __iter__(self) -> Iterator[Portion]:
        try:
            for portion in self._portions:
                if self._generator is not None and self._start is not None:
                    self._generator.set_state(self._start)
                self._current.share = find_rows(portion.share, self._unit)
                yield portion
        finally:
            self._current.share = None


def join(steps: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return what was found in all parts: the sum of the losses, and all rows."""
    if len(steps) == 1:
        return steps[0]
    return {
        "loss": torch.stack([step["loss"] for step in steps]).sum(),
        "y_pred": torch.cat([step["y_pred"] for step in steps]),
        "losses": torch.cat([step["losses"] for step in steps]),
    }
