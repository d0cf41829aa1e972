"""The processes that `accelerate launch` or `torchrun` started, through Accelerate."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from types import FrameType
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from sklearn_mtl._validation import import_optional, parameter_error
from sklearn_mtl.neural_network._processes import Processes

T = TypeVar("T")


class LaunchedProcesses(Processes):
    """Several processes, on one machine or more, each on a device of its own.

    Parameters
    ----------
    device : str
        What the estimator was given: "cpu" keeps all of them off the GPUs.
    owner : str
        The estimator, for errors.

    Raises
    ------
    ImportError
        If Accelerate is missing, which the extra ``accelerate`` brings.
    ValueError
        If the device is not that on which the processes were started.
    """

    def __init__(self, device: str, owner: str):
        accelerate = import_optional("accelerate", "accelerate", owner)
        state = accelerate.PartialState(cpu=device == "cpu")
        self._operations: Any = accelerate.utils
        self.n, self.rank = state.num_processes, state.process_index
        self.device = str(state.device)
        self._is_interrupted = False
        if device not in ("auto", self.device, state.device.type):
            expected = f"'auto' or {self.device!r} with data_parallel=True"
            raise parameter_error("device", owner, expected, repr(device))

    def sum(self, own: Tensor) -> Tensor:
        return self._operations.reduce(own.detach(), "sum") if self.n > 1 else own

    def gather(self, own: Tensor) -> tuple[Tensor, int]:
        if self.n == 1:
            return own, 0
        own = own.detach().contiguous()
        gather = self._operations.gather
        sizes = gather(torch.tensor([len(own)], device=own.device)).tolist()
        padded = self._operations.pad_across_processes(own, dim=0)
        parts = gather(padded.contiguous()).split(len(padded))
        rows = [part[:size] for part, size in zip(parts, sizes, strict=True)]
        return torch.cat(rows), [0, *accumulate(sizes)][self.rank]

    def sum_gradients(self, parameters: Sequence[nn.Parameter], loss: Tensor) -> Tensor:
        if self.n == 1:
            return loss
        are_there = [parameter.grad is not None for parameter in parameters]
        flags = [*map(float, are_there), float(self._is_interrupted)]
        parts = [
            (torch.zeros_like(p) if p.grad is None else p.grad).flatten()
            for p in parameters
        ]
        summed = self.sum(
            torch.cat([*parts, loss.new_tensor(flags), loss.detach().reshape(1)])
        )
        *sums, n_there, loss = summed.split([len(p) for p in parts] + [len(flags), 1])
        if n_there[-1] > 0:
            self._is_interrupted = False
            raise KeyboardInterrupt
        for parameter, total, n in zip(
            parameters, sums, n_there.tolist(), strict=False
        ):
            # What no process has used gets no gradient, and stays as it is.
            parameter.grad = total.view_as(parameter) if n > 0 else None
        return loss[0]

    def from_main(self, find: Callable[[], T]) -> T:
        found = [find() if self.is_main else None]
        if self.n > 1:
            self._operations.broadcast_object_list(found, from_process=0)
        return found[0]  # type: ignore[return-value]

    @contextmanager
    def stopping_together(self) -> Iterator[None]:
        # Signals reach the main thread only; one process alone can stop by itself.
        if self.n == 1 or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._take_note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
        if self._is_interrupted:
            # It came after the last step.
            self._is_interrupted = False
            raise KeyboardInterrupt

    def _take_note(self, number: int, frame: FrameType | None) -> None:
        self._is_interrupted = True
