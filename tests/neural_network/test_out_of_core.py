"""Memory that training takes on tables that are larger than it.

They are a folder of Parquet files with 5 GB of numbers and an array of 20 GB, both
divided by 25, as is the memory budget. The process may then grow by 1.5 GB, divided by
25, beyond what the same network takes that learns a few rows.

What allocators keep of freed memory, glibc up to 64 MB for each thread, is no larger
for larger tables, and cannot be divided by 25. They are told to keep little.
"""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("pyarrow")
resource = pytest.importorskip("resource")

FACTOR = 25
LIMIT_MB = 1500 / FACTOR
BUDGET = 2**29 // FACTOR

KEEP_LITTLE = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2**16),
}

CODE = """
import resource, sys, tempfile
import numpy as np
import pandas
from sklearn_mtl._storage import StoredArray, is_large_on_disk
from sklearn_mtl.datasets import ParquetTable
from sklearn_mtl.neural_network import MultiTaskNetClassifier

budget = {budget}
is_large_on_disk.__defaults__ = (budget,)
StoredArray.__init__.__kwdefaults__["memory_budget"] = budget

def peak():
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (2**20 if sys.platform == "darwin" else 2**10)

def make_net():
    return MultiTaskNetClassifier(
        (8,), preset="plain", max_epochs=1, batch_size=1024, random_state=0
    )

# What the first fit imports is no data, nor is what is learnt from a sample of rows.
shape = 2**21 // {n_features}, {n_features}
rows = np.random.default_rng(0).normal(size=shape).astype(np.float32)
make_net().fit(rows, rows[:, :2] > 0).predict(rows)
with tempfile.TemporaryDirectory() as folder:
    path = folder + "/few.parquet"
    pandas.DataFrame(rows[:99, :2], columns=["x", "a"]).to_parquet(path)
    few = ParquetTable(path, tasks="a")
    make_net().fit(few, few.targets() > 0).predict(few)
before = peak()
{make}
net = make_net().fit(X, Y)
net.predict(X)
print(peak() - before)
"""


def peak_of(make, n_features):
    """Return by how many MB a process grows that trains and predicts."""
    make = textwrap.dedent(make)
    code = CODE.format(budget=BUDGET, make=make, n_features=n_features)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | KEEP_LITTLE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    return float(done.stdout)


def test_parquet_files(tmp_path):
    n_rows, n_features = 250_000, 200
    rng = np.random.default_rng(0)
    for part in range(5):
        # Few different values, so that the files are small; in memory they are not.
        values = rng.integers(0, 9, (n_rows // 5, n_features), dtype=np.uint8)
        frame = pd.DataFrame(values, columns=[f"x{j}" for j in range(n_features)])
        frame["a"], frame["b"] = values[:, 0] > 4, values[:, 1] > 2
        frame.to_parquet(tmp_path / f"{part}.parquet", row_group_size=5000)
    assert n_rows * n_features * 4 == 5e9 / FACTOR
    peak = peak_of(
        f"""
        X = ParquetTable({str(tmp_path)!r}, tasks=["a", "b"], memory_budget=budget)
        Y = X.targets()
        """,
        n_features,
    )
    assert peak < LIMIT_MB


def test_an_array_on_disk(tmp_path):
    n_rows, n_features = 100_000, 2000
    np.memmap(tmp_path / "X", np.float32, "w+", shape=(n_rows, n_features))
    assert n_rows * n_features * 4 == 20e9 / FACTOR
    peak = peak_of(
        f"""
        shape = ({n_rows}, {n_features})
        X = np.memmap({str(tmp_path / "X")!r}, np.float32, "r", shape=shape)
        Y = np.random.default_rng(0).integers(0, 2, (len(X), 2))
        """,
        n_features,
    )
    assert peak < LIMIT_MB
