"""Compile functions by numba, also where nothing can be kept for the next process."""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(
    function: Callable[..., Any] | None = None, *, fastmath: bool | set[str] = False
) -> Any:
    """Compile a function on its first call, without the lock of the interpreter.

    The machine code is kept on disk, unless there is no folder to write it to, as in a
    container of which all is read-only.
    """
    if function is None:
        return lambda given: compiled(given, fastmath=fastmath)
    try:
        return njit(cache=True, nogil=True, fastmath=fastmath)(function)
    except RuntimeError:
        return njit(nogil=True, fastmath=fastmath)(function)
