"""The processes that `accelerate launch` or `torchrun` started, through Accelerate."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from types import FrameType
from typing import Any, TypeVar
from zlib import crc32

import numpy as np
import torch
from joblib.parallel import get_active_backend
from torch import Tensor, nn

from sklearn_mtl._storage import StoredTable
from sklearn_mtl._validation import import_optional, parameter_error
from sklearn_mtl.neural_network._device import resolve_device
from sklearn_mtl.neural_network._input_rows import InputBatch, open_rows
from sklearn_mtl.neural_network._modules import find_norm_over_rows
from sklearn_mtl.neural_network._processes import ONE_PROCESS, Processes
from sklearn_mtl.neural_network._training_data import TrainingData

T = TypeVar("T")

# Rows of X that are compared between processes; of labels it is all.
_N_COMPARED = 32


def find_processes(data_parallel: bool, device: str, owner: str) -> Processes:
    """Return the processes that are to train a network together.

    Raises
    ------
    ValueError
        In a job of joblib, which the others know nothing of.
    """
    if not data_parallel:
        return ONE_PROCESS
    are_several = int(os.environ.get("WORLD_SIZE") or 1) > 1
    if are_several and get_active_backend()[0].nesting_level:
        expected = "False where joblib runs several fits at once (n_jobs)"
        raise parameter_error("data_parallel", owner, expected, "True")
    return LaunchedProcesses(device, owner)


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
        # Accelerate looks for processes without GPUs only if it is told so.
        on_cpu = resolve_device(device, owner) == "cpu"
        state = accelerate.PartialState(cpu=on_cpu)
        self._operations: Any = accelerate.utils
        self.n, self.rank = state.num_processes, state.process_index
        self._is_interrupted = False
        if self.n == 1:
            return
        # The one CPU of a process may have a number.
        self.device = "cpu" if on_cpu else str(state.device)
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

    def all_same(self, own: Tensor) -> bool:
        if self.n == 1:
            return True
        found = self._operations.gather(own.to(self.device)[None])
        return bool((found == found[0]).all())

    def copy_from_main(self, tensors: Iterable[Tensor]) -> None:
        if self.n == 1:
            return
        with torch.no_grad():
            for tensor in tensors:
                # Others, such as numbers of groups, follow from the data.
                if tensor.is_floating_point():
                    tensor.copy_(self._operations.broadcast(tensor.detach(), 0))

    def from_main(self, find: Callable[[], T]) -> T:
        if self.n == 1:
            return find()
        answer: list[Any] = [None, None]
        try:
            if self.is_main:
                answer[0] = find()
        except Exception as error:
            answer[1] = error
            self._operations.broadcast_object_list(answer, from_process=0)
            raise
        self._operations.broadcast_object_list(answer, from_process=0)
        if answer[1] is not None:
            raise answer[1]
        return answer[0]

    @contextmanager
    def stopping_together(self) -> Iterator[None]:
        # Signals reach the main thread only; one process alone can stop by itself.
        if self.n == 1 or threading.current_thread() is not threading.main_thread():
            yield
            return
        self._is_interrupted = False
        before = signal.signal(signal.SIGINT, self._take_note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def any_interrupted(self) -> bool:
        if self.n == 1:
            return False
        own = torch.tensor([float(self._is_interrupted)], device=self.device)
        self._is_interrupted = False
        return bool(self.sum(own) > 0)

    def _take_note(self, number: int, frame: FrameType | None) -> None:
        self._is_interrupted = True


def check_same_data(processes: Processes, data: TrainingData, owner: str) -> None:
    """Raise if the processes were given different data: each takes its rows itself."""
    if processes.n == 1:
        return
    n_rows = len(data.encoded)
    found = {
        "X": _take_few(data.X, n_rows),
        "y": [data.encoded],
        "sample_weight": [data.weights],
    }
    for name, arrays in found.items():
        checksum = crc32(b"".join(array.tobytes() for array in arrays))
        if not processes.all_same(torch.tensor([n_rows, checksum])):
            expected = "the same in all processes, with data_parallel=True"
            raise parameter_error(name, owner, expected, "different data")


def check_layers(module: nn.Module, processes: Processes, owner: str) -> None:
    """Raise if a layer normalises over the rows that one of several processes has."""
    layer = None if processes.n == 1 else find_norm_over_rows(module)
    if layer is not None:
        expected = (
            "False for a network that normalises over rows, of which each process sees "
            "its own only (encoders of images and sound have normalisation='group')"
        )
        got = f"True, with a layer {type(layer).__name__}"
        raise parameter_error("data_parallel", owner, expected, got)


def _take_few(X: Any, n_rows: int) -> list[np.ndarray]:
    """Return some rows of each table; none of a data set, whose items may be random."""
    if isinstance(X, StoredTable) and X.in_any_order:
        return []
    few = np.linspace(0, n_rows - 1, min(n_rows, _N_COMPARED)).astype(np.int64)
    rows = open_rows(X, "cpu", torch.float32).take(torch.from_numpy(few))
    tables = rows.tables.values() if isinstance(rows, InputBatch) else [rows]
    return [table.numpy() for table in tables]
