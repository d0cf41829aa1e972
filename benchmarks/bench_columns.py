"""What columns in disorder cost MultiTaskNetClassifier, against clean ones::

    python benchmarks/bench_columns.py [--preset fast] [--repeats 3]

The same rows are learnt and tested as they are and with their columns changed, or with
columns added that say nothing. A cell of the table is the mean over tasks, and over
splits with its standard error, of the points of accuracy that this costs.
"""

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from _tables.data_sets import CLASSIFICATION
from _tables.report import as_markdown
from _tables.splits import Parts, split
from sklearn_mtl.neural_network import MultiTaskNetClassifier

DATA_SETS = ["yeast", "hydraulic", "digits", "multilabel", "sarcos"]
Change = Callable[[np.ndarray, np.random.RandomState], np.ndarray]


def spread_out(X: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Return columns on scales from a millionth to a million."""
    return X * 10.0 ** rng.uniform(-6, 6, X.shape[1])


def shift(X: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Return columns a hundred standard deviations away from zero."""
    return X + 100 * X.std(axis=0)


def fatten_tails(X: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Return the third power of what is above or below the mean."""
    return (X - X.mean(axis=0)) ** 3


def hit_cells(X: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Return a table in which one of a thousand cells is a thousand times off."""
    hit = rng.uniform(size=X.shape) < 0.001
    return np.where(hit, X + 1000 * rng.standard_normal(X.shape) * X.std(axis=0), X)


def lose_cells(X: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Return the columns, and copies of which half of the cells are missing."""
    copies = np.where(rng.uniform(size=X.shape) < 0.5, np.nan, X)
    return np.hstack([X, copies])


def add_missing(X: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Return the columns, and five of which nothing, or next to nothing, is there."""
    empty = np.full((len(X), 5), np.nan)
    empty[::100, 3:] = rng.standard_normal((len(empty[::100]), 2))
    return np.hstack([X, empty])


CHANGES: dict[str, Change] = {
    "scales from 1e-6 to 1e6": spread_out,
    "shifted": shift,
    "third powers": fatten_tails,
    "cells far off": hit_cells,
    "constant columns": lambda X, rng: np.hstack([X, np.ones((len(X), 10))]),
    "every column twice": lambda X, rng: np.hstack([X, X]),
    "columns of NaN": add_missing,
    "copies with gaps": lose_cells,
}


def score(parts: Parts, X: np.ndarray, X_test: np.ndarray, **params: object) -> float:
    """Return the mean accuracy of the tasks, in points."""
    net = MultiTaskNetClassifier(**params).fit(X, parts.Y)
    return 100 * net.score(X_test, parts.Y_test)


def find_costs(name: str, seed: int, preset: str) -> dict[str, float]:
    """Return the points of accuracy that each change costs."""
    parts = split(CLASSIFICATION[name](), seed, classes=True)
    rows = np.vstack([parts.X, parts.X_test]).astype(float)
    n = len(parts.X)
    params = {"preset": preset, "random_state": seed}
    clean = score(parts, rows[:n], rows[n:], **params)
    costs = {}
    for kind, change in CHANGES.items():
        changed = change(rows, np.random.RandomState(seed))
        costs[kind] = clean - score(parts, changed[:n], changed[n:], **params)
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--data-sets", nargs="+", default=DATA_SETS)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    table = {}
    for name in given.data_sets:
        seeds = range(given.repeats)
        costs = pd.DataFrame([find_costs(name, s, given.preset) for s in seeds])
        means, errors = costs.mean(), costs.sem()
        table[name] = {k: f"{means[k]:+.2f} ± {errors[k]:.2f}" for k in means.index}
    print(as_markdown(pd.DataFrame(table), "columns"))


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
