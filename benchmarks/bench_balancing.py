"""What balancing costs: training steps of every method in units of a plain step.

The network has three layers of 256 units on 40 features, the batches 256 rows, the
tasks two classes each. Beside ours is `mtl_backward` of TorchJD with its own
aggregators, where it is installed. Times are processor times of one thread, medians
over rounds in which all take turns.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from sklearn_mtl._tasks import Tasks
from sklearn_mtl.neural_network._balancing import make_balancing
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network.architectures import SharedBottom
from sklearn_mtl.neural_network.architectures._base import LayerSettings
from sklearn_mtl.neural_network.balancers import BALANCERS
from sklearn_mtl.neural_network.balancers._base import GradientBalancer

N_FEATURES, N_UNITS, N_ROWS = 40, 256, 256

Step = Callable[[], None]


def make_tasks(n_tasks: int) -> Tasks:
    return Tasks(
        names=tuple(f"task{t}" for t in range(n_tasks)),
        kinds=("classification",) * n_tasks,
        classes=(np.arange(2),) * n_tasks,
        one_dimensional=False,
        named=False,
    )


def make_batch(n_tasks: int) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(N_ROWS, N_FEATURES, generator=generator)
    Y = (torch.rand(N_ROWS, n_tasks, generator=generator) > 0.5).float()
    return X, (Y, torch.ones_like(Y))


def make_ours(name: str | None, level: str, n_tasks: int) -> Step:
    settings = LayerSettings(
        N_FEATURES,
        (N_UNITS,) * 3,
        n_tasks,
        activation="relu",
        dropout=0.0,
        generator=torch.Generator().manual_seed(0),
        dtype=torch.float32,
    )
    layout = OutputLayout(make_tasks(n_tasks))
    trunk = SharedBottom().build(settings)
    module = Network(nn.Identity(), trunk, layout, torch.zeros(n_tasks))
    nn.init.normal_(module.heads.weight, std=0.05)
    balancer = None
    if name is not None:
        balancer = BALANCERS[name]().reset(n_tasks, random_state=0)
    criterion = WeightedTaskLoss(layout, torch.float32, balancer)
    criterion.weigh(np.ones(n_tasks))
    balancing = make_balancing(module, criterion, level)
    optimizer = torch.optim.AdamW(
        [*module.parameters(), *criterion.parameters()], fused=True
    )
    X, y = make_batch(n_tasks)

    def step() -> None:
        optimizer.zero_grad()
        if balancing is None:
            criterion(module(X), y).backward()
        else:
            balancing.backward(X, y)
        optimizer.step()
        if balancing is not None:
            balancing.observe_step(X, y)

    return step


def make_theirs(name: str, n_tasks: int) -> Step | None:
    try:
        from torchjd import aggregation
        from torchjd.autojac import jac_to_grad, mtl_backward
    except ImportError:
        return None
    torch.manual_seed(0)
    trunk = nn.Sequential(
        *(nn.Linear(N_FEATURES, N_UNITS), nn.ReLU()),
        *(nn.Linear(N_UNITS, N_UNITS), nn.ReLU()),
        *(nn.Linear(N_UNITS, N_UNITS), nn.ReLU()),
    )
    heads = nn.ModuleList(nn.Linear(N_UNITS, 1) for _ in range(n_tasks))
    optimizer = torch.optim.AdamW(
        [*trunk.parameters(), *heads.parameters()], fused=True
    )
    aggregator = getattr(aggregation, name)()
    X, (Y, _) = make_batch(n_tasks)

    def step() -> None:
        optimizer.zero_grad()
        features = trunk(X)
        losses = [
            F.binary_cross_entropy_with_logits(head(features)[:, 0], of_task)
            for head, of_task in zip(heads, Y.T, strict=True)
        ]
        mtl_backward(losses, features=features)
        jac_to_grad(trunk.parameters(), aggregator)
        optimizer.step()

    return step


def time_rounds(steps: dict[str, Step], n_rounds: int) -> dict[str, float]:
    """Return the median seconds of a step of each, which take turns."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
    for _ in range(n_rounds):
        for name, step in steps.items():
            start = time.process_time()
            for _ in range(5):
                step()
            times[name].append((time.process_time() - start) / 5)
    return {name: statistics.median(of_step) for name, of_step in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, nargs="+", default=[2, 10, 40])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--methods", nargs="+", default=list(BALANCERS))
    args = parser.parse_args()
    torch.set_num_threads(1)
    for n_tasks in args.tasks:
        steps = {"plain": make_ours(None, "representation", n_tasks)}
        for name in args.methods:
            steps[name] = make_ours(name, "representation", n_tasks)
            if issubclass(BALANCERS[name], GradientBalancer):
                steps[f"{name}, parameters"] = make_ours(name, "parameters", n_tasks)
        for name in ("Mean", "MGDA", "UPGrad"):
            theirs = make_theirs(name, n_tasks)
            if theirs is not None:
                steps[f"torchjd {name}"] = theirs
        found = time_rounds(steps, args.rounds)
        print(f"\n{n_tasks} tasks: a plain step takes {1e3 * found['plain']:.2f} ms")
        for name, seconds in found.items():
            print(f"  {name:28s} {seconds / found['plain']:6.2f}")


if __name__ == "__main__":
    main()
