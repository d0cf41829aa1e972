"""However often and whenever a fit is killed, it ends in the same weights."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# `make nightly` kills 20.
HOW_MANY = int(os.environ.get("SKLEARN_MTL_KILLS", "3"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="takes a fork")
def test_fits_that_are_killed_at_random_moments():
    script = Path(__file__).with_name("kill_fits.py")
    command = [sys.executable, str(script), str(HOW_MANY), "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["others"] == []
    assert found["kills"] == HOW_MANY
    assert found["ends"] >= 1
