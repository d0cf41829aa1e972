"""The cases: one number changes, the others stay."""

from dataclasses import replace

from .cases import Case, count_flops

BASE = Case()
# Many rows, so few numbers in each.
NARROW = Case(n_features=10, n_tasks=2, width=32, batch_size=1024)

BATCH_SIZES = [2**k for k in range(4, 14)]
TASKS = [1, 3, 10, 30, 100, 300, 1000]
WIDTHS = [2**k for k in range(4, 12)]
ROWS = [10**k for k in range(3, 8)]
STREAMED = [10**6, 10**7, 10**8]

_FEWEST_ROWS = 32
# In the matrix products of an epoch.
_MOST_FLOPS = 5e10
# From here on an epoch is long enough to be measured once or twice.
_MANY_ROWS = 10**6


def make_sweeps(scale: float) -> dict[str, list[Case]]:
    """Return the cases of each sweep; `scale` is that of the numbers of rows."""
    sweeps = {
        "batch_size": [
            replace(BASE, batch_size=size, n_rows=max(BASE.n_rows, 4 * size))
            for size in BATCH_SIZES
        ],
        "tasks": [
            replace(BASE, n_tasks=n, regression=regression)
            for n in TASKS
            for regression in (False, True)
        ],
        "width": [replace(BASE, width=width) for width in WIDTHS],
        "rows": [
            replace(NARROW, n_rows=n, n_epochs=1 if n >= _MANY_ROWS else 2)
            for n in ROWS
        ],
        "stream": [replace(NARROW, n_rows=n) for n in STREAMED],
    }
    return {
        name: [_shrink(case, scale) for case in cases] for name, cases in sweeps.items()
    }


def count_rounds(case: Case, rounds: int) -> int:
    """Return how often a case is measured."""
    return min(rounds, max(1, 2 * _MANY_ROWS // case.n_rows))


def _shrink(case: Case, scale: float) -> Case:
    n_rows = case.n_rows * scale
    if case.n_rows <= BASE.n_rows:
        n_rows = min(n_rows, _MOST_FLOPS / count_flops(case))
    return replace(case, n_rows=max(int(n_rows), _FEWEST_ROWS))
