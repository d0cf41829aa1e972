"""What boosting all tasks together brings, and how long it takes, on one thread.

"boosting" is MultiTaskBoostingClassifier() with its defaults, "one member" the same
with a single booster, "all outputs" a single one whose splits are sought on all outputs
at once. "xgboost" and "hist" are XGBClassifier and HistGradientBoostingClassifier for
each task, on its labelled rows. Scores are means over tasks and repeats; seconds are
of the processor, for `fit`. "wide" are 24 tasks of 260 features of 450 rows, made here.
Run it with::

    python benchmarks/bench_boosting.py [--data-sets yeast wide] [--repeats 3]

With --tree it prints the milliseconds that a tree takes on "wide" instead, with the
derivatives, by the number of directions and of bins.
"""

import argparse
import time
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits
from xgboost import XGBClassifier

from _tables.data_sets import CLASSIFICATION, Table, name_tasks
from _tables.scores import score_classes
from _tables.splits import Parts, split
from sklearn_mtl.ensemble import MultiTaskBoostingClassifier
from sklearn_mtl.multioutput import IndependentTasksClassifier

DATA_SETS = ["yeast", "hydraulic", "wine_quality", "digits", "tox21", "wide"]
MAX_ROWS = 2000
BOOSTING = partial(MultiTaskBoostingClassifier, n_jobs=1)
METHODS = {
    "boosting": BOOSTING,
    "one member": partial(BOOSTING, n_members=1),
    "all outputs": partial(BOOSTING, n_members=1, n_directions=None),
    "xgboost": lambda random_state: IndependentTasksClassifier(
        XGBClassifier(n_jobs=1, random_state=random_state)
    ),
    "hist": lambda random_state: IndependentTasksClassifier(
        HistGradientBoostingClassifier(random_state=random_state)
    ),
}


def wide() -> Table:
    """Return 24 tasks that weigh the same five curved sums of some features."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(643, 260)).astype(np.float32)
    sums = np.tanh(
        X @ (rng.normal(size=(260, 5)) * (rng.uniform(size=(260, 1)) < 0.06))
    )
    noise = 0.8 * rng.normal(size=(643, 24))
    Y = sums @ rng.normal(size=(5, 24)) + noise > 0
    return Table(X, name_tasks(Y.astype(float)))


def try_out(method: str, parts: Parts, seed: int) -> dict[str, float]:
    """Return the mean scores of the tasks, and the seconds of the fit."""
    model = METHODS[method](random_state=seed)
    start = time.process_time()
    model.fit(parts.X, parts.Y)
    seconds = time.process_time() - start
    scores = []
    for task, p in zip(parts.Y, model.predict_proba(parts.X_test), strict=True):
        seen = parts.Y_test[task].notna().to_numpy()
        scores.append(score_classes(parts.Y_test[task][seen].to_numpy(), p[seen]))
    means = pd.DataFrame(scores)[["auc", "log_loss"]].mean()
    return means.to_dict() | {"seconds": seconds}


def compare(data_sets: list[str], repeats: int) -> None:
    """Print a row per data set and method."""
    for name in data_sets:
        table = wide() if name == "wide" else CLASSIFICATION[name]()
        table = replace(table, max_rows=MAX_ROWS)
        rows: list[dict[str, Any]] = []
        for seed in range(repeats):
            parts = split(table, seed, classes=True)
            rows += [
                {"method": method} | try_out(method, parts, seed) for method in METHODS
            ]
        means = pd.DataFrame(rows).groupby("method", sort=False).mean()
        shape = f"{len(parts.Y)} rows, {parts.X.shape[1]} features"
        print(f"\n{name}: {parts.Y.shape[1]} tasks, {shape}")
        print(means.round(4).to_string(), flush=True)


def time_trees(n_rounds: int = 10) -> None:
    """Print what a tree takes with the defaults, and what changes it."""
    table = wide()
    X, Y = table.X[:450], table.Y[:450]
    for n_directions in (1, 5, None):
        for max_bin in (64, 256):
            boosting = MultiTaskBoostingClassifier(
                n_rounds,
                early_stopping=False,
                n_directions=n_directions,
                max_bin=max_bin,
                random_state=0,
            )
            start = time.process_time()
            boosting.fit(X, Y)
            milliseconds = 1000 * (time.process_time() - start) / n_rounds
            print(
                f"directions {n_directions!s:>4}  bins {max_bin:>3}  "
                f"{milliseconds:8.1f} ms per tree",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-sets", nargs="+", default=DATA_SETS)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--tree", action="store_true")
    given = parser.parse_args()
    if given.tree:
        time_trees()
    else:
        compare(given.data_sets, given.repeats)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
