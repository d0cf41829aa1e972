"""What affinities cost, and whether they find planted groups of tasks.

Prints the processor time of `task_affinity` in units of one training run of the same
network, the median of several in one process on one thread; then the adjusted Rand
index of the groups that `group_tasks` makes of it with the planted ones, the mean over
seeds.

    python benchmarks/bench_affinity.py [--seeds 5] [--repeats 3]
"""

import argparse
import warnings
from time import process_time

import numpy as np
import torch
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.inspection import group_tasks, task_affinity
from sklearn_mtl.neural_network import MultiTaskNetClassifier

METHODS = ["gradient", "transfer", "label"]


def time_of(function, repeats):
    """Return the median processor time of a call, after one to get warm."""
    function()
    times = []
    for _ in range(repeats):
        start = process_time()
        function()
        times.append(process_time() - start)
    return float(np.median(times))


def print_costs(repeats):
    print("Cost / cost of one training run")
    print(
        f"{'tasks':>6} {'rows':>6} {'net':>10} {'missing':>8} {'train, s':>9}", end=""
    )
    print("".join(f"{method:>10}" for method in METHODS))
    for n_tasks, n, sizes, missing in [
        (4, 500, (64,), 0.0),
        (12, 1000, (64, 64), 0.0),
        (12, 1000, (64, 64), 0.8),
        (12, 5000, (256, 256), 0.0),
        (12, 5000, (256, 256), 0.8),
        (40, 2000, (64, 64), 0.0),
        (40, 2000, (64, 64), 0.8),
    ]:
        X, Y = make_multitask_classification(
            n,
            n_tasks=n_tasks,
            n_clusters=2,
            noise=0.3,
            missing_fraction=missing,
            random_state=0,
        )
        net = MultiTaskNetClassifier(sizes, preset="plain", random_state=0)
        alone = time_of(lambda net=net, X=X, Y=Y: clone(net).fit(X, Y), repeats)
        print(f"{n_tasks:6} {n:6} {sizes!s:>10} {missing:8} {alone:9.2f}", end="")
        for method in METHODS:
            cost = time_of(
                lambda net=net, X=X, Y=Y, method=method: task_affinity(
                    net, X, Y, method, random_state=0
                ),
                repeats,
            )
            print(f"{cost / alone:10.2f}", end="", flush=True)
        print()


def print_recovery(seeds):
    print(f"\nAdjusted Rand index, mean over {seeds} seeds")
    print(
        f"{'tasks':>6} {'groups':>7} {'classes':>8} {'missing':>8} {'noise':>6}", end=""
    )
    print("".join(f"{method:>10}" for method in METHODS))
    for n_tasks, n_clusters, n_classes, missing in [
        (4, 2, 3, 0.0),
        (6, 2, 2, 0.0),
        (6, 3, 3, 0.3),
        (12, 3, 2, 0.5),
        (12, 4, 3, 0.8),
        (20, 4, 3, 0.0),
        (6, 1, 3, 0.0),
        (12, 12, 3, 0.0),
    ]:
        for noise in [0.1, 0.3, 0.5, 1.0]:
            print(
                f"{n_tasks:6} {n_clusters:7} {n_classes:8} {missing:8} {noise:6}",
                end="",
            )
            for method in METHODS:
                found = [
                    recover(
                        n_tasks, n_clusters, n_classes, missing, noise, seed, method
                    )
                    for seed in range(seeds)
                ]
                print(f"{np.mean(found):10.2f}", end="", flush=True)
            print()


def recover(n_tasks, n_clusters, n_classes, missing, noise, seed, method):
    """Return the adjusted Rand index of the groups found in one data set."""
    X, Y, truth = make_multitask_classification(
        1000,
        n_tasks=n_tasks,
        n_clusters=n_clusters,
        n_classes=n_classes,
        n_informative=20,
        noise=noise,
        missing_fraction=missing,
        random_state=seed,
        return_truth=True,
    )
    net = MultiTaskNetClassifier(
        (64,), preset="plain", max_epochs=60, random_state=seed
    )
    affinity = task_affinity(net, X, Y, method, random_state=seed)
    return adjusted_rand_score(truth.cluster, group_tasks(affinity))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", UserWarning)
    print_costs(options.repeats)
    print_recovery(options.seeds)
