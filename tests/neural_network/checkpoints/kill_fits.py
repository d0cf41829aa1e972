"""Kill fits at random moments, and go on with them until they end.

Prints how many were killed and how many ended, and which ended in other weights.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network.augmentations import GaussianNoise

X, Y = make_multitask_classification(
    400, 6, n_tasks=3, missing_fraction=0.3, noise=1.0, random_state=0
)


def fit(result: Path, **params: Any) -> None:
    """Fit, and write a hash of all that was learnt."""
    net = MultiTaskNetClassifier(
        (16,),
        max_epochs=20,
        batch_size=32,
        balancer="famo",
        task_sampler="subset",
        augment=GaussianNoise(),
        random_state=0,
        **params,
    ).fit(X, Y)
    found = hashlib.sha256(repr(net.history_).encode())
    for tensor in net.module_.state_dict().values():
        found.update(tensor.numpy().tobytes())
    result.write_text(found.hexdigest())


def start(result: Path, **params: Any) -> int:
    """Fit in a process of its own, and return its number."""
    child = os.fork()
    if child:
        return child
    try:
        fit(result, **params)
    finally:
        os._exit(0)


def main(n_kills: int, seed: int) -> None:
    rng = random.Random(seed)
    found: dict[str, Any] = {"kills": 0, "ends": 0, "others": []}
    with TemporaryDirectory() as work:
        result, folder = Path(work) / "result", Path(work) / "checkpoints"
        began = time.monotonic()
        os.waitpid(start(result), 0)
        duration = time.monotonic() - began
        expected = result.read_text()
        result.unlink()
        while found["kills"] < n_kills or folder.exists() or not found["ends"]:
            child = start(result, checkpoint_dir=folder, resume=True)
            if found["kills"] < n_kills:
                time.sleep(rng.uniform(0, 0.8 * duration))
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            found["kills"] += os.WIFSIGNALED(status)
            if result.exists() and (text := result.read_text()):
                found["ends"] += 1
                if text != expected:
                    found["others"].append(text)
                result.unlink()
                shutil.rmtree(folder)
            elif not os.WIFSIGNALED(status):
                found["others"].append("a fit broke")
                break
    sys.stdout.write(f"{json.dumps(found)}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
