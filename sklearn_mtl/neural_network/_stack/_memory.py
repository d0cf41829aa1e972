"""How much memory a member of a stack takes, and so how many go together."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from sklearn_mtl.neural_network._input_rows import InputBatch
from sklearn_mtl.neural_network._on_device import find_free_bytes, is_host
from sklearn_mtl.neural_network._training_run import TrainingRun

# Bytes for the members that are trained at once. More members than fit the caches of
# a processor gain nothing; a GPU wants as many as it can hold, if it tells how many.
_BUDGET_CPU = 2**26
_BUDGET_GPU = 2**31
_SHARE_OF_GPU = 0.25

# The parameters, their gradients, two moments, the best ones, and one that is copied.
_COPIES = 6


def count_members(run: TrainingRun) -> int:
    """Return how many members like the run are to be trained at once."""
    return max(1, _find_budget(run.net.device) // bytes_of_member(run))


def _find_budget(device: str) -> int:
    if is_host(device):
        return _BUDGET_CPU
    free = find_free_bytes(device)
    return _BUDGET_GPU if free is None else int(_SHARE_OF_GPU * free)


def bytes_of_inputs(runs: Sequence[TrainingRun]) -> int:
    """Return what the rows of the runs take once they are encoded."""
    total = 0
    for run in {id(run): run for run in runs}.values():
        parts = (run.train, run.valid)
        n_rows = sum(len(data) for data in parts if data is not None)
        row = run.train.rows.take(torch.arange(1))
        tables = row.tables.values() if isinstance(row, InputBatch) else [row]
        total += n_rows * sum(map(_size, tables))
    return total


def bytes_of_member(run: TrainingRun) -> int:
    """Return what a member takes: its parameters, and what a step keeps."""
    net = run.net
    state = sum(_size(parameter) for parameter in net.module_.parameters())
    n = min(net.batch_size, len(run.train))
    saved: list[int] = []

    def pack(tensor: Tensor) -> Tensor:
        saved.append(_size(tensor))
        return tensor

    net.module_.eval()
    with saved_tensors_hooks(pack, lambda tensor: tensor):
        rows = run.train.rows.take(torch.arange(n))
        outputs = net.module_(rows)
        net.criterion_.layout.losses(outputs, run.train.targets[:n])
    # Once more for the gradients of what is kept.
    return _COPIES * state + 2 * sum(saved) + _size(rows)


def _size(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
