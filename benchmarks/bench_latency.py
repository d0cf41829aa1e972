"""What one row costs: `predict` and `predict_proba` over the module that they call.

Every number is a median over many calls on one thread. The calls of a line take turns,
so that a slow moment of the machine slows all of them. The module alone gets the row as
a tensor of its precision, in inference mode.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
import torch

from sklearn_mtl.neural_network import MultiTaskNetClassifier, MultiTaskNetRegressor

N_FEATURES = 20
N_TASKS = (2, 10, 100)
PRESETS = ("plain", "default")

Call = Callable[[], object]


def microseconds(calls: list[Call], n_calls: int) -> np.ndarray:
    """Return the median time of each call; they take turns."""
    times = np.empty((n_calls, len(calls)))
    for call in calls * 20:
        call()
    for of_round in times:
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            of_round[i] = time.perf_counter() - start
    return np.median(times, axis=0) * 1e6


def fit(
    Net: type, preset: str, n_tasks: int
) -> MultiTaskNetClassifier | MultiTaskNetRegressor:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, N_FEATURES))
    Y = X[:, :1] + rng.standard_normal((300, n_tasks))
    if Net is MultiTaskNetClassifier:
        Y = (Y > 0).astype(int)
    net = Net((256, 256), preset=preset, max_epochs=1, random_state=0)
    return net.fit(X, Y)


def measure(Net: type, preset: str, n_tasks: int, n_calls: int) -> Iterator[str]:
    """Yield a line of the table for arrays, and one for data frames."""
    net = fit(Net, preset, n_tasks)
    row = np.random.default_rng(1).standard_normal((1, N_FEATURES))
    tensor = torch.as_tensor(row, dtype=torch.float32)
    frame = pd.DataFrame(row, columns=[f"x{j}" for j in range(N_FEATURES)])
    named = fit(Net, preset, n_tasks)
    named.feature_names_in_ = np.array(frame.columns, dtype=object)

    def alone() -> torch.Tensor:
        with torch.inference_mode():
            return net.module_(tensor)

    methods = ["predict"]
    methods += ["predict_proba"] if hasattr(net, "predict_proba") else []
    for kind, model, given in (("array", net, row), ("frame", named, frame)):
        calls: list[Call] = [alone]
        calls += [partial(getattr(model, method), given) for method in methods]
        times = microseconds(calls, n_calls)
        ratios = [f"{ratio:13.1f}" for ratio in times[1:] / times[0]]
        name = f"{Net.__name__:24}{preset:9}{n_tasks:5}  {kind:6}"
        yield f"{name}{times[0]:9.0f} µs" + "".join(ratios)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    n_calls = parser.parse_args().calls
    torch.set_num_threads(1)
    columns = f"{'network':24}{'preset':9}tasks  {'X':6}{'module':>12}"
    print(f"{columns}{'predict':>13}{'predict_proba':>13}")
    for Net in (MultiTaskNetClassifier, MultiTaskNetRegressor):
        for preset in PRESETS:
            for n_tasks in N_TASKS:
                for line in measure(Net, preset, n_tasks, n_calls):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
