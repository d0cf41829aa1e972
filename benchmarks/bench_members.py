"""What members and numeric embeddings cost, as ratios, on one thread::

    python benchmarks/bench_members.py

Processor time of a fit of ten epochs and of a prediction, of 2000 rows with ten tasks:
the median of interleaved runs.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network.encoders import ENCODERS, NumericEmbedding

N_ROWS, N_TASKS = 2000, 10
EMBEDDINGS = [
    name for name, kind in ENCODERS.items() if issubclass(kind, NumericEmbedding)
]


def make_data(n_features: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_ROWS, n_features), dtype=np.float32)
    logits = X[:, :10] @ rng.standard_normal((10, N_TASKS))
    return X, (logits + rng.standard_normal(logits.shape) > 0).astype(int)


def make_net(**params: object) -> MultiTaskNetClassifier:
    return MultiTaskNetClassifier(
        max_epochs=10, early_stopping=False, random_state=0, **params
    )


def seconds(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def medians(functions: list[Callable[[], object]], repeats: int) -> np.ndarray:
    """Return the median time of each, which take turns."""
    times = [[seconds(function) for function in functions] for _ in range(repeats)]
    return np.median(times, axis=0)


def measure(n_features: int, repeats: int) -> str:
    """Return a line of the table."""
    X, Y = make_data(n_features)
    nets = [make_net(n_members=k).fit(X, Y) for k in (1, 8)]
    one, eight = medians([lambda net=net: net.fit(X, Y) for net in nets], repeats)
    predictions = [lambda net=net: net.predict_proba(X) for net in nets]
    few, many = medians(predictions, repeats)
    plain = [make_net(preset="plain", encoder=e) for e in (None, *EMBEDDINGS)]
    none, *others = medians([lambda net=net: net.fit(X, Y) for net in plain], repeats)
    shown = ", ".join(
        f"{name} {t / none:.2f}" for name, t in zip(EMBEDDINGS, others, strict=True)
    )
    return f"{n_features:7} {eight / one:19.2f} {many / few:8.2f}   {shown}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    print("columns  8 members / 1: fit  predict   embedding / none: fit")
    for n_features in (20, 100):
        print(measure(n_features, repeats))


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
