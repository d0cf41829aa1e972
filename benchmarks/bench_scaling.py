"""How the speed of a network grows with batch size, tasks, width and rows.

Ours, a hand-written loop on the same network and what the matrix products alone would
take, in processor seconds of one thread: medians over rounds in which all take turns.
A tenth of the rows, printed only::

    python benchmarks/bench_scaling.py --scale 0.1 --rounds 1

What the page of benchmarks shows is made by::

    python benchmarks/bench_scaling.py --output benchmarks/results
    python benchmarks/plot_scaling.py
"""

import argparse
from pathlib import Path

import pandas as pd
import torch

from _scaling.cases import Case
from _scaling.machine import measure_peak
from _scaling.measure import Line, measure_case, measure_memory
from _scaling.process import run_apart
from _scaling.stream import measure_stream
from _scaling.sweeps import count_rounds, make_sweeps

SWEEPS = tuple(make_sweeps(1))
WHOLE = ["rows_per_s", "predict_rows_per_s", "products"]
WARM_UP = Case(n_rows=1000)
BLOCK_ROWS = 1_000_000


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scale", type=float, default=1.0, help="of the rows")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sweeps", nargs="+", choices=SWEEPS, default=SWEEPS)
    parser.add_argument("--output", type=Path, help="folder for the CSV files")
    return parser.parse_args()


def measure(
    name: str, case: Case, given: argparse.Namespace, peak: float
) -> list[Line]:
    if name == "stream":
        block_rows = max(int(BLOCK_ROWS * given.scale), case.batch_size)
        return run_apart(measure_stream, case, block_rows, peak)
    lines = measure_case(case, count_rounds(case, given.rounds), peak)
    if name == "rows":
        lines[0]["memory_mb"] = run_apart(measure_memory, case)
    return lines


def as_table(lines: list[Line]) -> pd.DataFrame:
    table = pd.DataFrame(lines)
    whole = table.columns.intersection(WHOLE)
    table[whole] = table[whole].round().astype("Int64")
    return table.round(4)


def main() -> None:
    given = read_arguments()
    torch.set_num_threads(1)
    peak = measure_peak()
    measure_case(WARM_UP, 1, peak)
    print(f"peak: {peak / 1e9:.1f} GFLOP/s in float32 on one thread", flush=True)
    for name, cases in make_sweeps(given.scale).items():
        if name not in given.sweeps:
            continue
        lines = [line for case in cases for line in measure(name, case, given, peak)]
        table = as_table(lines)
        print(f"\n{name}\n{table.to_string(index=False, na_rep='')}", flush=True)
        if given.output is not None:
            given.output.mkdir(parents=True, exist_ok=True)
            table.to_csv(given.output / f"scaling_{name}.csv", index=False)


if __name__ == "__main__":
    main()
