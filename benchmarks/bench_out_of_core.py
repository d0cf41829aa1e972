"""Training on tables larger than memory: rows per second, and peak memory.

Makes a folder of Parquet files (5 GB of numbers) and an array on disk (20 GB, sparse:
zeros that take no space), trains one network on each and on an array in memory, in a
process of its own, and removes the files. A tenth of the sizes, with a few steps::

    python benchmarks/bench_out_of_core.py --scale 0.1 --steps 300
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback

from sklearn_mtl.neural_network import MultiTaskNetClassifier

BATCH_SIZE = 512
# Labels and weights are in memory: rows of the array are long, so that they are few.
N_FEATURES = {"parquet": 200, "memmap": 1000}
PARQUET_BYTES, ARRAY_BYTES = 5e9, 20e9
# What the array in memory may take: it only tells how fast training is without reading.
MEMORY_BYTES = 4e8
ROWS_AT_ONCE, ROWS_PER_GROUP = 100_000, 25_000
TASKS = ["a", "b"]


def count_rows(n_bytes: float, n_features: int) -> int:
    return int(n_bytes / (4 * n_features))


def make_rows(n: int, n_features: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, n_features), dtype=np.float32)


def make_labels(n: int, seed: int = 0) -> np.ndarray:
    """Two tasks with two classes; a third of the labels are missing."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, (n, len(TASKS))).astype(np.float32)
    for rows in np.array_split(labels, max(1, n // ROWS_AT_ONCE)):
        rows[rng.random(rows.shape) < 1 / 3] = np.nan
    return labels


def write_parquet(folder: Path, n_bytes: float) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    folder.mkdir()
    n_features = N_FEATURES["parquet"]
    n_rows = count_rows(n_bytes, n_features)
    for part, start in enumerate(range(0, n_rows, ROWS_AT_ONCE)):
        n = min(ROWS_AT_ONCE, n_rows - start)
        X, Y = make_rows(n, n_features, part), make_labels(n, part)
        columns = {f"x{j}": X[:, j] for j in range(n_features)}
        columns |= {task: Y[:, t] for t, task in enumerate(TASKS)}
        path = folder / f"part-{part:04d}.parquet"
        parquet.write_table(pa.table(columns), path, row_group_size=ROWS_PER_GROUP)


def write_array(path: Path, n_bytes: float) -> None:
    row_size = 4 * N_FEATURES["memmap"]
    with path.open("wb") as file:
        file.truncate(int(n_bytes) // row_size * row_size)


def open_data(kind: str, folder: Path, in_memory: bool):
    if in_memory:
        n = count_rows(MEMORY_BYTES, N_FEATURES[kind])
        return make_rows(n, N_FEATURES[kind]), make_labels(n)
    if kind == "parquet":
        from sklearn_mtl.datasets import ParquetTable

        table = ParquetTable(folder / "parquet", tasks=TASKS)
        return table, table.targets()
    path, n_features = folder / "X.bin", N_FEATURES["memmap"]
    shape = (count_rows(path.stat().st_size, n_features), n_features)
    X = np.memmap(path, dtype=np.float32, mode="r", shape=shape)
    return X, make_labels(len(X))


def peak() -> float:
    """Return the most memory that the process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Clock(Callback):
    """Tells when batches were done, and ends training after some of them."""

    def __init__(self, n_steps: int):
        self.n_steps = n_steps
        self.times: list[float] = []

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.times.append(time.perf_counter())
            if len(self.times) == self.n_steps:
                raise KeyboardInterrupt


def make_net(*callbacks: Callback) -> MultiTaskNetClassifier:
    return MultiTaskNetClassifier(
        (256, 256),
        preset="plain",
        batch_size=BATCH_SIZE,
        max_epochs=1,
        early_stopping=False,
        callbacks=list(callbacks),
        random_state=0,
    )


def measure(kind: str, folder: Path, in_memory: bool, n_steps: int) -> dict:
    """Train for some steps and return the speed and the memory beyond the imports."""
    # What the first fit imports is no data.
    make_net().fit(np.eye(8, dtype=np.float32), np.arange(8) % 2)
    before, clock = peak(), Clock(n_steps)
    X, Y = open_data(kind, folder, in_memory)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        make_net(clock).fit(X, Y)
    times = clock.times
    return {
        "rows": len(X),
        "rows_per_s": BATCH_SIZE * (len(times) - 1) / (times[-1] - times[0]),
        "s_to_first_step": times[0] - start,
        "peak_mb": peak() - before,
    }


def run(kind: str, folder: Path, in_memory: bool, n_steps: int) -> dict:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--measure", kind, "--folder", str(folder)]
    command += ["--steps", str(n_steps), *(["--in-memory"] if in_memory else [])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the sizes on disk")
    parser.add_argument("--steps", type=int, default=10**9, help="at most")
    parser.add_argument("--folder", type=Path, help="where the files are made")
    parser.add_argument("--measure", choices=list(N_FEATURES), help=argparse.SUPPRESS)
    parser.add_argument("--in-memory", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        found = measure(given.measure, given.folder, given.in_memory, given.steps)
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        write_parquet(folder / "parquet", given.scale * PARQUET_BYTES)
        write_array(folder / "X.bin", given.scale * ARRAY_BYTES)
        print(f"{'X':22}{'rows':>10}{'rows/s':>9}{'ratio':>7}{'start s':>9}{'MB':>7}")
        for kind in N_FEATURES:
            reference = 0.0
            for in_memory in (True, False):
                found = run(kind, folder, in_memory, given.steps)
                reference = reference or found["rows_per_s"]
                what = f"{kind} shape, in memory" if in_memory else kind
                print(
                    f"{what:22}{found['rows']:10d}{found['rows_per_s']:9.0f}"
                    f"{found['rows_per_s'] / reference:7.2f}"
                    f"{found['s_to_first_step']:9.1f}{found['peak_mb']:7.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
