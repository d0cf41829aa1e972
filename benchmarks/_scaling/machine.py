"""What the machine can do, and what the process takes of it."""

from pathlib import Path
from time import process_time

import torch

_SIZE = 2048
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def measure_peak(rounds: int = 5) -> float:
    """Return the operations per second of a large product of float32 matrices."""
    a, b = torch.randn(2, _SIZE, _SIZE)
    torch.mm(a, b)
    seconds = []
    for _ in range(rounds):
        start = process_time()
        torch.mm(a, b)
        seconds.append(process_time() - start)
    return 2 * _SIZE**3 / min(seconds)


class MemoryMeter:
    """Tells by how many megabytes the process grew at most since it was made.

    It is NaN where the system does not tell: only Linux does.
    """

    def __init__(self) -> None:
        self.tells = _CLEAR.exists()
        if self.tells:
            _CLEAR.write_text("5")  # forget what the process once had
            self.before = _read_kilobytes("VmRSS")

    def growth(self) -> float:
        if not self.tells:
            return float("nan")
        return (_read_kilobytes("VmHWM") - self.before) * 1024 / 1e6


def _read_kilobytes(name: str) -> int:
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
