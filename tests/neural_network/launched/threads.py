"""Threads in the place of processes: as many ranks as a test wants, at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import torch

from sklearn_mtl.neural_network._launched_processes import LaunchedProcesses
from sklearn_mtl.neural_network._processes import Processes


class Meeting:
    """Where the threads of a group hand each other what they have."""

    def __init__(self, n):
        self.n = n
        self._barrier = threading.Barrier(n, timeout=60)
        self._brought = [None] * n

    def exchange(self, rank, own):
        self._brought[rank] = own
        self._barrier.wait()
        found = list(self._brought)
        self._barrier.wait()
        return found

    def leave(self):
        self._barrier.abort()


class Operations:
    """What Accelerate offers to a process, for a thread."""

    def __init__(self, meeting, rank):
        self._meeting, self._rank = meeting, rank

    def reduce(self, own, reduction):
        assert reduction == "sum"
        return torch.stack(self._exchange(own.clone())).sum(0)

    def gather(self, own):
        return torch.cat(self._exchange(own.clone()))

    def pad_across_processes(self, own, dim):
        most = max(self._exchange(len(own)))
        filler = own.new_zeros(most - len(own), *own.shape[1:])
        return torch.cat([own, filler], dim)

    def broadcast(self, own, from_process):
        return self._exchange(own.clone())[from_process]

    def broadcast_object_list(self, own, from_process):
        own[:] = self._exchange(list(own))[from_process]

    def _exchange(self, own):
        return self._meeting.exchange(self._rank, own)


class ThreadProcesses(LaunchedProcesses):
    """One of several threads, with the arithmetic of launched processes."""

    def __init__(self, meeting, rank):
        self.n, self.rank, self.device = meeting.n, rank, "cpu"
        self._is_interrupted = False
        self._operations = Operations(meeting, rank)


def run_together(n, function, monkeypatch):
    """Return what a function of the rank returns in each of n threads.

    Within it, estimators with `data_parallel` take the threads for processes.
    """
    meeting, own = Meeting(n), threading.local()

    def find_processes(data_parallel, device, owner):
        return own.processes if data_parallel else Processes()

    base = "sklearn_mtl.neural_network._base.find_processes"
    monkeypatch.setattr(base, find_processes)

    def run(rank):
        own.processes = ThreadProcesses(meeting, rank)
        try:
            return function(rank)
        except BaseException:
            # The others are not to wait for it.
            meeting.leave()
            raise

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(run, range(n)))
