"""Milliseconds that each balancer takes for its weights, given the Gramian.

Beside them those of TorchJD, where it is installed; both on one thread, the median of
several rounds in turn. Print it with::

    python benchmarks/bench_balancers.py
"""

import argparse
import contextlib
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from sklearn_mtl.neural_network.balancers import BALANCERS
from sklearn_mtl.neural_network.balancers._base import GramianBalancer

# The weightings of TorchJD by our names, with what they need.
PEERS: dict[str, tuple[str, dict[str, Any]]] = {
    "mgda": ("MGDAWeighting", {}),
    "pcgrad": ("PCGradWeighting", {}),
    "gradvac": ("GradVacWeighting", {}),
    "cagrad": ("CAGradWeighting", {"c": 0.5}),
    "imtl_g": ("IMTLGWeighting", {}),
    "fairgrad": ("FairGradWeighting", {"alpha": 1.0}),
    "aligned_mtl": ("AlignedMTLWeighting", {}),
    "upgrad": ("UPGradWeighting", {}),
    "dualproj": ("DualProjWeighting", {}),
}


def find_peer(name: str) -> Callable[[torch.Tensor], torch.Tensor] | None:
    with contextlib.suppress(ImportError, KeyError):
        peer, parameters = PEERS[name]
        return getattr(import_module("torchjd.aggregation"), peer)(**parameters)
    return None


def milliseconds(call: Callable[[], Any], budget: float) -> float:
    call()
    start, n_calls = time.perf_counter(), 0
    while time.perf_counter() - start < budget:
        call()
        n_calls += 1
    return 1000 * (time.perf_counter() - start) / n_calls


def compare(name: str, n_tasks: int, n: int, rounds: int, budget: float) -> str:
    J = np.random.default_rng(n_tasks).normal(size=(n_tasks, n))
    G = J @ J.T
    balancer = BALANCERS[name]().reset(n_tasks, random_state=0)
    peer, tensor = find_peer(name), torch.from_numpy(G)
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(milliseconds(lambda: balancer.weights(G), budget))
        if peer is not None:
            theirs.append(milliseconds(lambda: peer(tensor), budget))
    other = f"{statistics.median(theirs):8.3f}" if theirs else "       –"
    return f"{statistics.median(ours):8.3f} {other}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, nargs="+", default=[2, 10, 40])
    parser.add_argument("--width", type=int, default=1000, help="of the gradients")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--budget", type=float, default=0.05, help="seconds a round")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    columns = "".join(f"{f'T={n}: ours, TorchJD':>20}" for n in arguments.tasks)
    print(f"{'ms':12}{columns}")
    names = [k for k, v in BALANCERS.items() if issubclass(v, GramianBalancer)]
    with threadpool_limits(1):
        for name in names:
            cells = [
                compare(
                    name, n, arguments.width, arguments.rounds, arguments.budget
                ).rjust(20)
                for n in arguments.tasks
            ]
            print(f"{name:12}{''.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
