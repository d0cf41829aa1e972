"""Search over task weights: all networks together, against a grid search.

On the digits (3 tasks, 64-64), with five folds. Both searches use two processes, which
are started before the clock. Print it with::

    make bench
"""

import argparse
import statistics
import time
from itertools import pairwise

import numpy as np
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.metrics import per_task_scorers
from sklearn_mtl.model_selection import MultiTaskKFold, TaskWeightSearchCV
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._stack import Member, count_members, train_together

CV = MultiTaskKFold(5, random_state=0)
SIZES = (64, 64)


def draw_weights(n: int) -> list[list[float]]:
    """Return weightings, none of them far from even."""
    return np.random.default_rng(0).dirichlet([3, 3, 3], size=n).tolist()


def seconds_of(search, X, Y) -> float:
    start = time.perf_counter()
    search.fit(X, Y)
    return time.perf_counter() - start


def compare(X, Y, n_candidates: int, n_jobs: int, rounds: int, **params) -> list[str]:
    """Return a row: seconds of both searches, their ratio, the greatest difference."""
    net = MultiTaskNetClassifier(SIZES, preset="plain", random_state=0, **params)
    weights = draw_weights(n_candidates)
    ours = TaskWeightSearchCV(net, weights, cv=CV, n_jobs=n_jobs, refit=False)
    theirs = GridSearchCV(
        net,
        {"task_weights": weights},
        scoring=per_task_scorers("accuracy", 3),
        cv=CV,
        n_jobs=n_jobs,
        refit=False,
    )
    pairs = [(seconds_of(ours, X, Y), seconds_of(theirs, X, Y)) for _ in range(rounds)]
    own, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    names = [name for name in theirs.cv_results_ if "_test_" in name]
    difference = max(
        np.abs(ours.cv_results_[name] - theirs.cv_results_[name]).max()
        for name in names
        if not name.startswith("rank")
    )
    return [f"{own:.1f} s", f"{other:.1f} s", f"{ratio:.1f}", f"{difference:.0e}"]


def measure_peak(n: int = 1024) -> float:
    """Return the floating-point operations a second of a large product."""
    A = torch.randn(n, n)
    seconds = []
    for _ in range(10):
        start = time.perf_counter()
        A @ A
        seconds.append(time.perf_counter() - start)
    return 2 * n**3 / min(seconds)


def measure_share(X, Y, n_candidates: int, epochs: int = 10) -> tuple[float, float]:
    """Return the share of that peak in the products of training, and ms per step.

    A step is one of one member, validation included.
    """
    net = MultiTaskNetClassifier(
        SIZES, preset="plain", max_epochs=epochs, random_state=0
    )
    runs = [clone(net)._prepare(X[train], Y[train]) for train, _ in CV.split(X, Y)]
    members = [
        Member(run, np.array(weights), run.settings["lr"], 0.3, epochs, "constant")
        for weights in draw_weights(n_candidates)
        for run in runs
    ]
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        list(train_together(members, encode_now=True))
        seconds.append(time.perf_counter() - start)
    widths = [X.shape[1], *SIZES, 12]
    layers = [a * b for a, b in pairwise(widths)]
    # Forward and for the weights; and, but for the first layer, for what came before.
    per_row = 2 * (2 * sum(layers) + sum(layers[1:]))
    n_rows = sum(len(run.train) for run in runs) * n_candidates * epochs
    valid_rows = sum(len(run.valid) for run in runs) * n_candidates * epochs
    operations = n_rows * per_row + valid_rows * 2 * sum(layers)
    n_steps = sum(member.n_steps for member in members) * epochs
    fastest = min(seconds)
    return operations / fastest / measure_peak(), 1e3 * fastest / n_steps


def compare_sizes(rounds: int) -> None:
    """Print how much faster members of a full chunk are than networks alone."""
    X = np.random.default_rng(0).normal(size=(2000, 100))
    Y = (X[:, :5] > 0).astype(int)
    for sizes in [(32,), (64, 64), (128, 128), (256, 256), (512, 512)]:
        net = MultiTaskNetClassifier(
            sizes,
            preset="plain",
            max_epochs=3,
            early_stopping=False,
            random_state=0,
        )
        run = clone(net)._prepare(X, Y)
        n = min(count_members(run), 25)
        members = [Member(run, np.ones(5), run.settings["lr"], 0.3, 3, "constant")] * n
        ratios = []
        for _ in range(rounds):
            start = time.perf_counter()
            list(train_together(members, encode_now=True))
            middle = time.perf_counter()
            for _ in range(n):
                clone(net).fit(X, Y)
            ratios.append((time.perf_counter() - middle) / (middle - start))
        print(
            f"{sizes!s:12} {n:>4} members {statistics.median(ratios):6.2f}", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--quick", action="store_true", help="few candidates and epochs"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    X, Y = load_digits_tasks(return_X_y=True)
    # Worker processes import what they need in their first task.
    compare(X[:200], Y[:200], 2, options.jobs, 1, max_epochs=2)

    print("25 weightings x 5 folds, seconds of a search, greatest difference of scores")
    print(f"{'':24}{'together':>10}{'grid':>10}{'ratio':>8}{'difference':>12}")
    settings = {"defaults": {}, "dropout 0.2": {"dropout": 0.2}}
    settings["uncertainty"] = {"balancer": "uncertainty"}
    settings["cagrad"] = {"balancer": "cagrad"}
    for name, params in settings.items():
        n = 25 if not options.quick else 4
        if options.quick or name != "defaults":
            params = {**params, "max_epochs": 20}
        row = compare(X, Y, n, options.jobs, options.rounds, **params)
        print(f"{name:24}{row[0]:>10}{row[1]:>10}{row[2]:>8}{row[3]:>12}", flush=True)

    print("\nSeconds by the number of candidates, 5 folds each")
    net = MultiTaskNetClassifier(SIZES, preset="plain", random_state=0)
    for n in (10, 50, 250) if not options.quick else (2, 4):
        search = TaskWeightSearchCV(
            net, draw_weights(n), cv=CV, n_jobs=options.jobs, refit=False
        )
        seconds = seconds_of(search, X, Y)
        print(
            f"{n:>4} {seconds:8.1f} s {1e3 * seconds / n / 5:8.1f} ms per fit",
            flush=True,
        )

    print("\nOne thread: share of the peak of a large product, ms per step of a member")
    for n in (1, 5, 25):
        share, step = measure_share(X, Y, n)
        print(f"{5 * n:>4} members {share:6.0%} {step:8.3f} ms", flush=True)

    print("\nOne thread, 2000 x 100, 5 tasks: fits one by one / together")
    compare_sizes(options.rounds)


if __name__ == "__main__":
    main()
