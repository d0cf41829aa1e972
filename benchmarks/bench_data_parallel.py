"""How much faster several processes train one network, against one process.

Run ``python benchmarks/bench_data_parallel.py``: it starts the processes itself, each
with one thread. Wall-clock seconds, so that the machine must have nothing else to do.
"""

import argparse
import json
import os
import subprocess
import sys
from statistics import median
from time import perf_counter

import numpy as np
import torch

from sklearn_mtl.neural_network import MultiTaskNetClassifier

WIDTHS = (64, 256, 1024)
BATCH_SIZES = (128, 512, 4096)
N_TASKS, N_FEATURES = 10, 50


def measure(width: int, batch_size: int, n_steps: int, n_runs: int) -> float:
    """Return the seconds of a training step."""
    rng = np.random.default_rng(0)
    n_rows = batch_size * n_steps
    X = rng.normal(size=(n_rows, N_FEATURES)).astype(np.float32)
    Y = (X[:, :N_TASKS] + rng.normal(size=(n_rows, N_TASKS)) > 0).astype(float)
    net = MultiTaskNetClassifier(
        (width, width),
        preset="plain",
        batch_size=batch_size,
        max_epochs=1,
        early_stopping=False,
        data_parallel=True,
        random_state=0,
    ).fit(X, Y)
    times = []
    for _ in range(n_runs):
        start = perf_counter()
        net.partial_fit(X, Y)
        times.append(perf_counter() - start)
    return median(times) / n_steps


def run(n_steps: int, n_runs: int) -> None:
    """Print the seconds of every case, from the process of rank 0."""
    torch.set_num_threads(1)
    found = {
        f"{width}, {batch_size}": measure(width, batch_size, n_steps, n_runs)
        for width in WIDTHS
        for batch_size in BATCH_SIZES
    }
    if os.environ.get("RANK", "0") == "0":
        print(json.dumps(found))


def launch(n_processes: int, arguments: list[str]) -> dict[str, float]:
    """Return the seconds of every case with so many processes."""
    launcher = ["torch.distributed.run", "--standalone"]
    command = [sys.executable, "-m", *launcher, f"--nproc-per-node={n_processes}"]
    command += [__file__, "--in-process", *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.in_process:
        run(args.steps, args.runs)
        return
    given = [f"--steps={args.steps}", f"--runs={args.runs}"]
    one, several = launch(1, given), launch(args.processes, given)
    print(f"{'width, batch size':>18}  {'ms per step':>12}  {'speed-up':>9}")
    for case, seconds in one.items():
        print(f"{case:>18}  {1e3 * seconds:12.2f}  {seconds / several[case]:9.2f}")


if __name__ == "__main__":
    main()
