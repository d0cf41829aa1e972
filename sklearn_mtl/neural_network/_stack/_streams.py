"""The batches of the members of a stack: those of one run get the same ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from sklearn_mtl.neural_network._batches import (
    Batches,
    TaskData,
)
from sklearn_mtl.neural_network._modules import SeededDropout
from sklearn_mtl.neural_network._rows import repeat_for_members
from sklearn_mtl.neural_network._stack._forward import is_mlp
from sklearn_mtl.neural_network._training_run import TrainingRun

# Rows that go through an encoder at once.
_ROWS_AT_ONCE = 8192


@dataclass
class Batch:
    """A batch of every stream, or of the member of each.

    Shorter ones are filled up with rows of weight 0; `sizes` are without these.
    """

    X: Tensor
    targets: Tensor
    weights: Tensor
    sizes: Tensor
    masks: list[Tensor]

    def of(self, streams: Tensor) -> "Batch":
        """Return the batch of each member, whose streams these are."""
        if len(self.sizes) == 1:
            return self._map(lambda part: part.expand(len(streams), *part.shape[1:]))
        return self._map(lambda part: part.index_select(0, streams))

    def _map(self, take: Callable[[Tensor], Tensor]) -> "Batch":
        return Batch(
            take(self.X),
            take(self.targets),
            take(self.weights),
            take(self.sizes),
            [take(mask) for mask in self.masks],
        )


class Stream:
    """The batches of one run, in the order and with the dropout of its own training.

    An encoder without parameters is applied once, if `encode_now`, else to each batch.
    """

    def __init__(self, run: TrainingRun, encode_now: bool):
        net = run.net
        self.run = run
        self._batch_size = net.batch_size
        self._generator = torch.Generator()
        self._generator.set_state(net.generator.get_state())
        self.drop_generator = self._generator
        if net.device != "cpu":
            seed = int(torch.randint(2**62, (), generator=self._generator))
            self.drop_generator = torch.Generator(net.device).manual_seed(seed)
        self._by_hand = is_mlp(net.module_)
        self._encoder = net.module_.encoder
        self._encoded: dict[int, Tensor] = {}
        if self._by_hand and encode_now:
            for data in (run.train, run.valid):
                if data is not None:
                    self._encoded[id(data)] = self._encode(data)
        self._dropouts = self._find_dropouts()

    def epoch(self) -> list[Tensor]:
        """Return the rows of each batch of another epoch."""
        n = len(self.run.train)
        order = torch.randperm(n, generator=self._generator)
        n_members = self.run.net.module_.n_members
        batches = self._split(order, self.run.train)
        return [repeat_for_members(rows, n_members) for rows in batches]

    def valid_rows(self) -> list[Tensor]:
        """Return the validation rows, a batch at a time."""
        valid = self.run.valid
        return [] if valid is None else self._split(torch.arange(len(valid)), valid)

    def take(self, data: TaskData, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return inputs that are encoded where that is done by hand, targets, weights.

        Without rows there are none.
        """
        if id(data) in self._encoded:
            encoded = self._encoded[id(data)]
            X = encoded.index_select(0, rows.to(encoded.device))
        else:
            X = data.rows.take(rows)
            if self._by_hand:
                X = self._encoder(X)
        rows = rows.to(data.targets.device)
        return (
            X,
            data.targets.index_select(0, rows),
            data.weights.index_select(0, rows),
        )

    def masks(self, n: int) -> list[Tensor]:
        """Return what dropout multiplies each hidden layer of n rows with."""
        like = self.run.train.targets
        masks = []
        for width, p in self._dropouts:
            mask = like.new_empty(n, width)
            keep = mask.bernoulli_(1 - p, generator=self.drop_generator)
            masks.append(keep.div_(1 - p))
        return masks

    def _split(self, order: Tensor, data: TaskData) -> list[Tensor]:
        bounds = Batches(data, self._batch_size).bounds().tolist()
        return [order[start:stop] for start, stop in pairwise(bounds)]

    def _encode(self, data: TaskData) -> Tensor:
        parts = [self._encoder(rows) for rows in data.rows.slices(_ROWS_AT_ONCE)]
        return torch.cat(parts)

    def _find_dropouts(self) -> list[tuple[int, float]]:
        """Return the width and the rate of each dropout that is done by hand."""
        if not self._by_hand:
            return []
        layers = self.run.net.module_.trunk.get_submodule("layers").children()
        rates, width = [], 0
        for layer in layers:
            if isinstance(layer, nn.Linear):
                width = layer.out_features
            elif isinstance(layer, SeededDropout):
                rates.append((width, layer.p))
        return rates


class Feed:
    """The batches of all members.

    Parameters
    ----------
    runs : sequence of TrainingRun
        The run of each member.
    encode_now : bool
        Whether there is memory for the encoded rows of every run.
    """

    def __init__(self, runs: Sequence[TrainingRun], encode_now: bool):
        distinct = list({id(run): run for run in runs}.values())
        number = {id(run): s for s, run in enumerate(distinct)}
        self.streams = [Stream(run, encode_now) for run in distinct]
        self.of_members = np.array([number[id(run)] for run in runs])
        self._device = runs[0].net.device

    def training(self) -> Iterator[Batch]:
        """Yield the batches of another epoch; a stream may have fewer than others."""
        data = [stream.run.train for stream in self.streams]
        rows = [stream.epoch() for stream in self.streams]
        yield from self._batches(data, rows, training=True)

    def validation(self) -> Iterator[Batch]:
        """Yield the rows to stop early on."""
        data = [stream.run.valid for stream in self.streams]
        rows = [stream.valid_rows() for stream in self.streams]
        if all(part is not None for part in data):
            yield from self._batches(data, rows, training=False)

    def keep(self, kept: np.ndarray) -> None:
        """Go on with some of the members, and with the streams that they need."""
        needed, self.of_members = np.unique(self.of_members[kept], return_inverse=True)
        self.streams = [self.streams[s] for s in needed]

    def _batches(
        self, data: Sequence[Any], rows: Sequence[list[Tensor]], training: bool
    ) -> Iterator[Batch]:
        of_members = torch.as_tensor(self.of_members, device=self._device)
        none = torch.empty(0, dtype=torch.int64)
        for parts in zip_longest(*rows, fillvalue=none):
            yield _gather(self.streams, data, parts, training).of(of_members)


def _gather(
    streams: Sequence[Stream],
    data: Sequence[TaskData],
    rows: Sequence[Tensor],
    training: bool,
) -> Batch:
    """Return the rows of each stream as one batch."""
    longest = max(map(len, rows))
    parts = [
        [_fill(part, longest) for part in stream.take(of_stream, index)]
        for stream, of_stream, index in zip(streams, data, rows, strict=True)
    ]
    masks = [
        [_fill(mask, longest) for mask in stream.masks(len(index))]
        for stream, index in zip(streams, rows, strict=True)
        if training
    ]
    X, targets, weights = (_stack(column) for column in zip(*parts, strict=True))
    sizes = weights.new_tensor([max(len(index), 1) for index in rows])
    layers = [_stack(column) for column in zip(*masks, strict=True)]
    return Batch(X, targets, weights, sizes, layers)


def _fill(rows: Tensor, n: int) -> Tensor:
    """Append rows of zeros, up to n."""
    missing = n - len(rows)
    if not missing:
        return rows
    return pad(rows, [0, 0] * (rows.ndim - 1) + [0, missing])


def _stack(parts: Sequence[Tensor]) -> Tensor:
    return parts[0].unsqueeze(0) if len(parts) == 1 else torch.stack(tuple(parts))
