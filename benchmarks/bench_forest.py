"""What missing labels cost the forest, and how long it takes: ratios to other forests.

Labels of the training part are left out at random, or all but one per row. "forest" is
MultiTaskForestClassifier(), "per task" a random forest of scikit-learn for each task,
on its labelled rows, and "filled" one such forest for all tasks, with the most frequent
class where a label is missing. Scores are means over tasks, data sets and repeats,
seconds are those of the processor for `fit`, divided by those of the forests per task.
The curves go to ``results/forest_labels.png``. Run it with::

    python benchmarks/bench_forest.py [--data-sets yeast digits] [--repeats 3]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.ensemble import RandomForestClassifier
from threadpoolctl import threadpool_limits

from _tables.data_sets import CLASSIFICATION
from _tables.scores import score_classes
from _tables.splits import Parts, split
from sklearn_mtl.ensemble import MultiTaskForestClassifier
from sklearn_mtl.multioutput import IndependentTasksClassifier

DATA_SETS = ["yeast", "digits", "hydraulic", "wine_quality", "sarcos", "thresholds"]
FRACTIONS: list[float | str] = [0.0, 0.3, 0.6, 0.9, "all but one"]
CURVES = Path(__file__).parent / "results" / "forest_labels.png"
# So many labels of each class are kept, lest a class be unknown.
MIN_LABELS = 2


def fit_filled(seed: int, X: np.ndarray, Y: pd.DataFrame) -> Any:
    filled = Y.fillna(Y.mode().iloc[0])
    return RandomForestClassifier(random_state=seed).fit(X, filled)


METHODS: dict[str, Callable[[int, np.ndarray, pd.DataFrame], Any]] = {
    "forest": lambda seed, X, Y: MultiTaskForestClassifier(random_state=seed).fit(X, Y),
    "per task": lambda seed, X, Y: IndependentTasksClassifier(
        RandomForestClassifier(random_state=seed)
    ).fit(X, Y),
    "filled": fit_filled,
}


def drop_labels(Y: pd.DataFrame, fraction: float | str, seed: int) -> pd.DataFrame:
    """Return the labels without a fraction of them, or with one per row."""
    rng = np.random.RandomState(seed)
    if isinstance(fraction, str):
        dropped = rng.randint(Y.shape[1], size=(len(Y), 1)) != np.arange(Y.shape[1])
    else:
        dropped = rng.uniform(size=Y.shape) < fraction
    for t, task in enumerate(Y):
        for label in Y[task].dropna().unique():
            rows = np.flatnonzero(Y[task] == label)
            dropped[rows[:MIN_LABELS], t] = False
    return Y.mask(dropped)


def try_out(method: str, parts: Parts, Y: pd.DataFrame, seed: int) -> dict[str, float]:
    """Return the mean scores of the tasks, and the seconds of the fit."""
    labelled = Y.notna().any(axis=1).to_numpy()
    start = time.process_time()
    fitted = METHODS[method](seed, parts.X[labelled], Y[labelled])
    seconds = time.process_time() - start
    scores = []
    for task, probabilities in zip(Y, fitted.predict_proba(parts.X_test), strict=True):
        seen = parts.Y_test[task].notna()
        labels = parts.Y_test[task][seen].to_numpy()
        scores.append(score_classes(labels, probabilities[seen]))
    return pd.DataFrame(scores).mean().to_dict() | {"seconds": seconds}


def draw(found: pd.DataFrame) -> None:
    """Save how scores fall with the fraction of labels that is left out."""
    figure = Figure(figsize=(7.5, 2.8), layout="constrained")
    titles = {"auc": "AUC", "log_loss": "log-loss", "accuracy": "accuracy"}
    for ax, (metric, title) in zip(
        figure.subplots(1, len(titles)), titles.items(), strict=True
    ):
        curves = found[metric].unstack("method").loc[FRACTIONS[:-1]]
        curves.plot(ax=ax, marker="o", markersize=4, legend=metric == "auc")
        ax.set(title=title, xlabel="labels left out")
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(CURVES, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-sets", nargs="+", default=DATA_SETS)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    rows = []
    for name in given.data_sets:
        table = CLASSIFICATION[name]()
        for seed in range(given.repeats):
            parts = split(table, seed, classes=True)
            for fraction in FRACTIONS:
                Y = drop_labels(parts.Y, fraction, seed)
                for method in METHODS:
                    found = try_out(method, parts, Y, seed)
                    rows.append({"dropped": fraction, "method": method} | found)
    found = pd.DataFrame(rows).groupby(["dropped", "method"], sort=False).mean()
    alone = found["seconds"].xs("per task", level="method")
    found["seconds"] /= alone.reindex(found.index, level="dropped")
    columns = found[["auc", "log_loss", "accuracy", "seconds"]].unstack("method")
    print(columns.round(3).to_string())
    draw(found)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
