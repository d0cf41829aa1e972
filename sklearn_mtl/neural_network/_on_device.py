"""Tables that are moved to a device whole, and rows on their way there."""

from collections.abc import Callable
from typing import Any
from weakref import ref

import torch
from torch import Tensor

# Of the free memory of a device, what tables may take: networks need some too.
_SHARE = 0.5

# So many bytes of a table are moved at a time.
_BYTES_AT_ONCE = 2**26

# By table, its input and device: the table and its copy, as long as they are in use.
_copies: dict[tuple[int, str, str], tuple[Any, Any]] = {}


def is_host(device: str) -> bool:
    """Return whether a device computes on the memory that arrays are in."""
    return torch.device(device).type == "cpu"


def find_free_bytes(device: str) -> int | None:
    """Return how much memory of a device is free; None where it does not tell."""
    if torch.device(device).type != "cuda":
        return None
    free, _ = torch.cuda.mem_get_info(device)
    # torch keeps memory that it does not use.
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return free + kept


def move_whole(
    X: Any,
    device: str,
    read: Callable[[int, int], Tensor],
    n_rows: int,
    name: str = "",
) -> Tensor | None:
    """Return the rows of a table on a device; None if there is too little memory.

    While a copy is in use, nobody gets another one.

    Parameters
    ----------
    X : object
        What the copy is of.
    device : str
        Where it is to be.
    read : callable
        Returns the rows between two bounds, on the host.
    n_rows : int
        The number of rows.
    name : str, default=""
        Which of the inputs of X it is.
    """
    key = id(X), name, device
    known, copy = _copies.get(key, (None, None))
    found = None if known is None or known() is not X else copy()
    if found is not None:
        return found
    found = _try_to_move(device, read, n_rows)
    if found is not None:
        for other, (_, old) in list(_copies.items()):
            if old() is None:
                _copies.pop(other, None)
        _copies[key] = ref(X), ref(found)
    return found


def _try_to_move(
    device: str, read: Callable[[int, int], Tensor], n_rows: int
) -> Tensor | None:
    first = read(0, min(1, n_rows))
    bytes_of_row = max(first.numel() * first.element_size(), 1)
    free = find_free_bytes(device)
    if free is not None and n_rows * bytes_of_row > _SHARE * free:
        return None
    size = max(_BYTES_AT_ONCE // bytes_of_row, 1)
    try:
        moved = first.new_empty(n_rows, *first.shape[1:], device=device)
        for start in range(0, n_rows, size):
            stop = min(start + size, n_rows)
            moved[start:stop] = read(start, stop).to(device)
    except torch.OutOfMemoryError:
        # Others may have taken what was free.
        return None
    return moved


def pin(rows: Tensor, device: str, dtype: torch.dtype) -> Tensor:
    """Return rows where a GPU fetches them from while the host goes on."""
    if torch.device(device).type != "cuda":
        return rows
    return (rows.to(dtype) if rows.itemsize > dtype.itemsize else rows).pin_memory()


def send(rows: Tensor, device: str, dtype: torch.dtype) -> Tensor:
    """Return rows on a device, without a wait if they are pinned.

    What is small on its way grows there.
    """
    return rows.to(device, non_blocking=rows.is_pinned()).to(dtype)
