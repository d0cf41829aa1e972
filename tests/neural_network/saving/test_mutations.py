"""Whatever is done to the files of a model, they are refused, or give a model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# `make nightly` tries 2000.
HOW_MANY = int(os.environ.get("SKLEARN_MTL_MUTATIONS", "200"))
GIGABYTE = 2**30

pytest.importorskip("resource", reason="only Unix tells how much memory was used")


def test_mutated_files_are_refused_or_work():
    script = Path(__file__).with_name("try_mutations.py")
    command = [sys.executable, str(script), str(HOW_MANY), "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["events"] == []
    assert found["grown"] < GIGABYTE
    counts = found["counts"]
    assert sum(counts.values()) == HOW_MANY
    # Only whose hashes are right gets any further.
    damaged = ("flip_bit", "truncate", "lengthen", "trick_paths")
    assert not [kind for kind in counts if kind.startswith(damaged) and "load" in kind]
    assert any(kind.startswith("forge") and "loaded" in kind for kind in counts)
