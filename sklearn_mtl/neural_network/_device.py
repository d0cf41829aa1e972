"""Where a network is: the device that is asked for, if it can be used."""

import functools
import os
import warnings

import torch

from sklearn_mtl._validation import check_option, parameter_error

# What CUDA says where there is no GPU at all.
_NO_GPU = ("no nvidia driver", "no cuda gpus", "no hip gpus", "not compiled with cuda")


def resolve_device(device: str, owner: str) -> str:
    """Return the device to use: with "auto" the GPU if there is one that works.

    Raises
    ------
    ValueError
        If a GPU is asked for by name and cannot be used.
    """
    if device == "auto":
        return _find_gpu()
    try:
        kind = torch.device(device).type
    except RuntimeError:
        check_option(device, ["auto", "cpu", "cuda", "cuda:0"], "device", owner)
        raise
    if kind == "cuda":
        problem = _try_cuda(_find_own(device), os.getpid())
        if problem is not None:
            expected = "'auto' or 'cpu' on a machine without CUDA"
            if not _is_absence(problem):
                expected = f"'auto' or 'cpu' where CUDA cannot be used ({problem})"
            raise parameter_error("device", owner, expected, repr(device))
    return device


def _find_gpu() -> str:
    problem = _try_cuda(_find_own("cuda"), os.getpid())
    if problem is None:
        return "cuda"
    if not _is_absence(problem):
        _warn_once(problem, os.getpid())
    return "cpu"


def _find_own(device: str) -> str:
    """Return the GPU of this process, of several that were started together.

    Trying another one would take some of its memory.
    """
    rank = os.environ.get("LOCAL_RANK", "")
    is_one_of_several = rank.isdigit() and int(rank) < torch.cuda.device_count()
    return f"cuda:{rank}" if device == "cuda" and is_one_of_several else device


def _is_absence(problem: str) -> bool:
    return any(words in problem.lower() for words in _NO_GPU)


# A process that was forked from another one has a GPU that it cannot use.
@functools.cache
def _try_cuda(device: str, process: int) -> str | None:
    """Return why a GPU cannot be used; None if it has added two numbers."""
    if not torch.backends.cuda.is_built():
        return "Torch not compiled with CUDA enabled"
    try:
        with warnings.catch_warnings():
            # They say what the error says.
            warnings.simplefilter("ignore")
            torch.cuda.init()
            ones = torch.ones(2, device=device)
            total = (ones @ ones).item()
            torch.cuda.synchronize(device)
    except (RuntimeError, AssertionError) as error:
        return " ".join(str(error).partition("\n")[0].split()) or type(error).__name__
    return None if total == 2 else f"1 + 1 is {total}"


@functools.cache
def _warn_once(problem: str, process: int) -> None:
    warnings.warn(
        f"There is a GPU that cannot be used, so networks are on the CPU: {problem} "
        "device='cpu' asks for no GPU.",
        stacklevel=2,
    )
