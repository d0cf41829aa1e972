"""A process that fits again and again holds no more than after its first fits.

In a process of its own, of which nothing else holds anything. What is compared is what
is held after half of the fits and at the end, when all that is kept once is there.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

# Of each estimator; `make nightly` fits 1000 times.
HOW_MANY = int(os.environ.get("SKLEARN_MTL_FITS", "60"))
# What memory moves by for reasons of its own, and what a fit may leave: its data alone
# are as much.
SLACK = 8 * 2**20
BYTES_PER_FIT = 8_000


def test_fits_leave_nothing_behind():
    script = Path(__file__).with_name("fit_many_times.py")
    command = [sys.executable, str(script), str(HOW_MANY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert len(found) >= 6
    n_fits = HOW_MANY - HOW_MANY // 2
    for name, (first, half, end) in found.items():
        # One object that each fit leaves would be seen.
        assert end["objects"] - half["objects"] < n_fits, name
        grown = end["bytes"] - half["bytes"]
        assert grown < SLACK + n_fits * BYTES_PER_FIT, f"{name}: {grown}"
        for what in ("python threads", "threads", "files"):
            assert end[what] <= max(half[what], first[what]), f"{name}: {what}"
