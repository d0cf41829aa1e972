"""Speed and memory of the networks: ratios measured in one process on one thread.

Every row is the median, over several rounds, of the ratio of two runs that follow one
another, so that a slow moment of the machine slows both. Print it with::

    make bench
"""

import argparse
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from skorch import NeuralNet
from skorch.dataset import ValidSplit
from torch import nn
from torch.nn import functional as F

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier


class HandWritten(nn.Module):
    """The network a user would write: a trunk and a linear head per task."""

    def __init__(self, n_features: int, sizes: tuple[int, ...], n_classes: list[int]):
        super().__init__()
        layers: list[nn.Module] = []
        for size in sizes:
            layers += [nn.Linear(n_features, size), nn.SiLU()]
            n_features = size
        self.trunk = nn.Sequential(*layers)
        self.heads = nn.ModuleList([nn.Linear(n_features, k) for k in n_classes])

    def forward(self, X: torch.Tensor) -> tuple[torch.Tensor, ...]:
        shared = self.trunk(X)
        return tuple(head(shared) for head in self.heads)


def joint_loss(outputs: tuple[torch.Tensor, ...], Y: torch.Tensor) -> torch.Tensor:
    losses = [F.cross_entropy(z, Y[:, t]) for t, z in enumerate(outputs)]
    return sum(losses) / len(losses)


def train_by_hand(X, Y, sizes, epochs, batch_size=128):
    """The loop a user would write over tensors, with the fused optimizer."""
    X, Y = torch.from_numpy(X.astype(np.float32)), torch.from_numpy(Y)
    net = HandWritten(X.shape[1], sizes, (Y.amax(0) + 1).tolist())
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=True)
    for _ in range(epochs):
        order = torch.randperm(len(X))
        for start in range(0, len(X), batch_size):
            index = order[start : start + batch_size]
            loss = joint_loss(net(X[index]), Y[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


class JointLoss(nn.Module):
    def forward(self, outputs, Y):
        return joint_loss(outputs, Y)


def train_with_skorch(X, Y, sizes, epochs):
    """Stock skorch on the same network: its defaults, but for the loss."""
    net = NeuralNet(
        HandWritten,
        JointLoss,
        module__n_features=X.shape[1],
        module__sizes=sizes,
        module__n_classes=(Y.max(axis=0) + 1).tolist(),
        optimizer=torch.optim.AdamW,
        lr=1e-3,
        max_epochs=epochs,
        train_split=ValidSplit(5),
        verbose=0,
    )
    net.fit(X.astype(np.float32), Y)


def train_ours(X, Y, sizes, epochs, **params):
    net = MultiTaskNetClassifier(
        sizes,
        preset="plain",
        max_epochs=epochs,
        early_stopping=False,
        random_state=0,
        **params,
    )
    return net.fit(X, Y)


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def ratio(run: Callable[[], object], other: Callable[[], object], rounds: int) -> float:
    run(), other()
    return statistics.median(seconds(run) / seconds(other) for _ in range(rounds))


def binary_tasks(n_samples: int, n_tasks: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n_samples, 100))
    return X, (X @ rng.standard_normal((100, n_tasks)) > 0).astype(int)


def memory_in_copies(X: np.ndarray, Y: np.ndarray) -> float:
    """Return the peak of numpy's memory in a fit, in float32 copies of X."""
    tracemalloc.start()
    train_ours(X, Y, (16,), 1, batch_size=1024)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / (X.size * 4)


def memory_rows() -> list[tuple[str, float, str]]:
    rng = np.random.RandomState(0)
    X, Y = rng.standard_normal((100_000, 200)), rng.randint(2, size=(100_000, 2))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "X.npy")
        np.save(path, X.astype(np.float32))
        on_disk = memory_in_copies(np.load(path, mmap_mode="r"), Y)
    return [
        ("float64 X: peak memory / a float32 copy", memory_in_copies(X, Y), "~ 1"),
        ("float32 memmap X: peak memory / a copy", on_disk, "~ 0"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)

    X, Y = load_digits_tasks(return_X_y=True)
    digits = (X / 16, Y, (64, 64), 20)
    wide = (*binary_tasks(20_000, 4), (256, 256), 2)
    few, many = binary_tasks(5_000, 2), binary_tasks(5_000, 100)
    fitted = {sizes: train_ours(X, Y, sizes, 1) for sizes in ((64, 64), (256, 256))}
    inputs = torch.from_numpy(X.astype(np.float32))

    def forward(module: nn.Module) -> None:
        with torch.inference_mode():
            module(inputs)

    rows = [
        (
            "digits (64, 64): fit / hand-written loop",
            ratio(lambda: train_ours(*digits), lambda: train_by_hand(*digits), rounds),
            "<= 1.15",
        ),
        (
            "20000 x 100 (256, 256): fit / hand-written loop",
            ratio(lambda: train_ours(*wide), lambda: train_by_hand(*wide), rounds),
            "<= 1.05",
        ),
        (
            "digits (64, 64): stock skorch / fit",
            ratio(
                lambda: train_with_skorch(*digits), lambda: train_ours(*digits), rounds
            ),
            ">= 2",
        ),
        (
            "100 binary tasks / 2 binary tasks, (256, 256)",
            ratio(
                lambda: train_ours(*many, (256, 256), 3),
                lambda: train_ours(*few, (256, 256), 3),
                rounds,
            ),
            "<= 2",
        ),
    ]
    rows += [
        (
            f"predict / bare forward pass, 1797 rows, {sizes}",
            ratio(
                lambda net=net: [net.predict(X) for _ in range(20)],
                lambda net=net: [forward(net.module_) for _ in range(20)],
                rounds,
            ),
            "<= 2",
        )
        for sizes, net in fitted.items()
    ]
    rows += memory_rows()
    print(f"{'':52}{'measured':>9}   target")
    for name, value, target in rows:
        print(f"{name:52}{value:9.2f}   {target}")


if __name__ == "__main__":
    main()
