"""What the penalties bring on real data: a table per data set, in Markdown.

Every model chooses its weight and its other parameters by cross-validation inside the
training part, anew for each split. "alone" has a model per task that is tuned for
itself, "pooled" one model of the rows of all tasks. Run for instance::

    python benchmarks/bench_linear_quality.py school --splits 10

The data is looked for in the folder SKLEARN_MTL_DATA.
"""

import argparse
import os
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from sklearn_mtl.datasets import targets_from_long
from sklearn_mtl.linear_model import (
    RegularizedMTLClassifierCV,
    RegularizedMTLRegressorCV,
)
from sklearn_mtl.model_selection import MultiTaskKFold
from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)

DATA = Path(
    os.environ.get("SKLEARN_MTL_DATA") or Path(__file__).parents[2] / "shared" / "data"
)
NAMES = [
    "alone",
    "pooled",
    "ridge",
    "lasso",
    "mean",
    "l21",
    "sparse_group",
    "trace",
    "squared_trace",
    "cluster",
    "dirty",
    "robust",
    "robust_feature",
    "sparse_low_rank",
]
ALPHAS = 30
WEIGHTS = np.logspace(-4, 4, 17)


@dataclass(frozen=True)
class Split:
    """A training and a test part; of `task`, where each row has one task."""

    X: np.ndarray
    Y: np.ndarray
    train: np.ndarray
    task: np.ndarray | None = None
    groups: np.ndarray | None = None

    @property
    def test(self) -> np.ndarray:
        return ~self.train

    def inner(self) -> Any:
        """Return the folds to tune on."""
        if self.groups is None:
            return MultiTaskKFold(5, random_state=0)
        rows = np.flatnonzero(self.train)
        folds = GroupKFold(5).split(rows, groups=self.groups[self.train])
        return list(folds)


@dataclass(frozen=True)
class Task:
    """A data set: its splits, and the scores of predictions in per cent."""

    title: str
    splits: Callable[[int], Iterator[Split]]
    scores: Callable[[Split, Any], dict[str, float]]
    classify: bool = False


def load(name: str) -> dict[str, np.ndarray]:
    with np.load(DATA / f"{name}.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def standardise(X: np.ndarray, train: np.ndarray) -> np.ndarray:
    X = X.astype(float)
    mean, std = X[train].mean(axis=0), X[train].std(axis=0)
    return (X - mean) / np.where(std > 0, std, 1)


def draw(strata: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Draw training rows from each stratum."""
    rng = np.random.RandomState(seed)
    train = np.zeros(len(strata), dtype=bool)
    for rows in strata_rows(strata):
        rows = rng.permutation(rows)
        train[rows[: round(fraction * len(rows))]] = True
    return train


def strata_rows(strata: np.ndarray) -> Iterator[np.ndarray]:
    codes = np.unique(strata, axis=0, return_inverse=True)[1].ravel()
    for code in range(codes.max() + 1):
        yield np.flatnonzero(codes == code)


def school(n_splits: int) -> Iterator[Split]:
    data = load("school_b_splits")
    task = np.unique(data["task"], return_inverse=True)[1]
    Y, _ = targets_from_long(data["y"].astype(float), task)
    bits = np.unpackbits(data["split_train_bits"], axis=1)[:n_splits, : len(Y)]
    for train in bits.astype(bool):
        yield Split(standardise(data["X"], train), Y, train, task)


def landmine(n_splits: int) -> Iterator[Split]:
    data = load("landmine")
    task = np.unique(data["task"], return_inverse=True)[1]
    Y, _ = targets_from_long(data["y"], task)
    for seed in range(n_splits):
        train = draw(np.column_stack([task, data["y"]]), 0.5, seed)
        yield Split(standardise(data["X"], train), Y, train, task)


def subjects(n_splits: int) -> Iterator[Split]:
    """A task for each person with Parkinson's disease: total UPDRS."""
    data = load("parkinsons")
    task = np.unique(data["task"], return_inverse=True)[1]
    Y, _ = targets_from_long(data["Y"][:, 1].astype(float), task)
    for seed in range(n_splits):
        train = draw(task[:, np.newaxis], 0.2, seed)
        yield Split(standardise(data["X"], train), Y, train, task)


def parkinsons(n_splits: int) -> Iterator[Split]:
    """Two scores of people that are not in the training part."""
    data = load("parkinsons")
    groups = np.unique(data["task"], return_inverse=True)[1]
    for seed in range(n_splits):
        people = np.random.RandomState(seed).permutation(groups.max() + 1)
        train = np.isin(groups, people[: round(0.7 * len(people))])
        Y = standardise(data["Y"], train)
        yield Split(standardise(data["X"], train), Y, train, groups=groups)


def sarcos(n_splits: int) -> Iterator[Split]:
    """Seven torques of a robot arm, from 200 rows of which half the labels miss."""
    data = load("sarcos_test")
    for seed in range(n_splits):
        rng = np.random.RandomState(seed)
        train = np.zeros(len(data["Y"]), dtype=bool)
        train[rng.permutation(len(train))[:200]] = True
        Y = standardise(data["Y"], train)
        Y[train[:, np.newaxis] & (rng.rand(*Y.shape) < 0.5)] = np.nan
        yield Split(standardise(data["X"], train), Y, train)


def domains(n_splits: int) -> Iterator[Split]:
    """Ten kinds of objects in the pictures of four sources."""
    data = load("office_caltech10_surf")
    task = np.unique(data["task"], return_inverse=True)[1]
    X = data["X"] / np.maximum(data["X"].sum(axis=1, keepdims=True), 1)
    Y, _ = targets_from_long(data["y"], task)
    for seed in range(n_splits):
        train = draw(np.column_stack([task, data["y"]]), 0.2, seed)
        yield Split(standardise(X, train), Y, train, task)


def explained_variance(split: Split, predicted: np.ndarray) -> dict[str, float]:
    y = split.Y[split.test, split.task[split.test]]
    if predicted.ndim > 1:
        predicted = predicted[range(len(y)), split.task[split.test]]
    errors = (y - predicted) ** 2
    roots = [
        np.sqrt(errors[split.task[split.test] == t].mean())
        for t in range(split.Y.shape[1])
    ]
    return {
        "explained variance %": 100 * (1 - errors.mean() / y.var()),
        "mean RMSE": float(np.mean(roots)),
    }


def mean_r2(split: Split, predicted: np.ndarray) -> dict[str, float]:
    scores = r2_score(split.Y[split.test], predicted, multioutput="raw_values")
    return {"mean R² %": 100 * float(scores.mean())}


def area(split: Split, probabilities: list[np.ndarray]) -> dict[str, float]:
    areas, task = [], split.task[split.test]
    Y = split.Y[split.test]
    for t, of_task in enumerate(probabilities):
        rows = task == t
        areas.append(roc_auc_score(Y[rows, t], of_task[rows, 1]))
    return {"mean AUC %": 100 * float(np.mean(areas))}


def accuracy(split: Split, probabilities: list[np.ndarray]) -> dict[str, float]:
    hits, task = [], split.task[split.test]
    Y = split.Y[split.test]
    for t, of_task in enumerate(probabilities):
        rows = task == t
        hits.append((of_task[rows].argmax(axis=1) == Y[rows, t]).mean())
    return {"mean accuracy %": 100 * float(np.mean(hits))}


TASKS = {
    "school": Task("School, 139 tasks, published splits", school, explained_variance),
    "landmine": Task("Landmine, 29 tasks, 50 % for training", landmine, area, True),
    "subjects": Task(
        "Parkinson's, 42 people as tasks, 20 % for training",
        subjects,
        explained_variance,
    ),
    "parkinsons": Task("Parkinson's, 2 targets, other people", parkinsons, mean_r2),
    "sarcos": Task("SARCOS, 7 targets, 200 rows, half missing", sarcos, mean_r2),
    "domains": Task("Objects of 4 domains, 10 classes", domains, accuracy, True),
}


def predict(name: str, split: Split, *, classify: bool, tol: float) -> Any:
    """Tune and fit a model, and predict the test part; None if it is not for it."""
    X, Y, test = split.X[split.train], split.Y[split.train], split.X[split.test]
    if name == "alone":
        return predict_alone(X, Y, test, classify=classify)
    if name == "pooled":
        return predict_pooled(split, classify=classify)
    settings = {"alphas": ALPHAS, "cv": split.inner(), "tol": tol}
    if classify:
        clf = RegularizedMTLClassifierCV(name, **settings)
        return clf.fit(X, Y).predict_proba(test)
    return RegularizedMTLRegressorCV(name, **settings).fit(X, Y).predict(test)


def predict_alone(
    X: np.ndarray, Y: np.ndarray, test: np.ndarray, *, classify: bool
) -> Any:
    if classify:
        clf = IndependentTasksClassifier(make_logistic())
        return clf.fit(X, Y).predict_proba(test)
    return IndependentTasksRegressor(RidgeCV(WEIGHTS)).fit(X, Y).predict(test)


def make_logistic() -> LogisticRegressionCV:
    return LogisticRegressionCV(
        Cs=9,
        cv=3,
        scoring="neg_log_loss",
        max_iter=1000,
        l1_ratios=(0.0,),
        use_legacy_attributes=False,
    )


def predict_pooled(split: Split, *, classify: bool) -> Any:
    if split.task is None:
        return None
    y = split.Y[np.arange(len(split.Y)), split.task]
    X, y = split.X[split.train], y[split.train]
    if classify:
        found = make_logistic().fit(X, y).predict_proba(split.X[split.test])
        return [found] * split.Y.shape[1]
    return RidgeCV(WEIGHTS).fit(X, y).predict(split.X[split.test])


def run(task: Task, names: list[str], n_splits: int, tol: float) -> None:
    """Print the table of a data set, a row as soon as it is known."""
    print(f"\n### {task.title} ({n_splits} splits, mean ± sd)\n", flush=True)
    titled = False
    for name in names:
        start = time.perf_counter()
        rows = [try_out(task, name, split, tol) for split in task.splits(n_splits)]
        scores = [of_split for of_split, _ in rows if of_split is not None]
        if not scores:
            continue
        if not titled:
            heads = ["Penalty", *scores[0], "warnings", "s per split"]
            print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
            titled = True
        seconds = (time.perf_counter() - start) / len(rows)
        cells = [name, *map(summarise, zip(*map(dict.values, scores), strict=True))]
        notes = [f"{of_all[0]}: {len(of_all)}" for of_all in group_notes(rows)]
        cells += [", ".join(notes), f"{seconds:.1f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


def summarise(values: Any) -> str:
    spread = np.std(values, ddof=1) if len(values) > 1 else np.nan
    return f"{np.mean(values):.2f} ± {spread:.2f}"


def group_notes(rows: list[tuple[Any, list[str]]]) -> list[list[str]]:
    notes = sorted(note for _, of_split in rows for note in of_split)
    return [[same for same in notes if same == note] for note in dict.fromkeys(notes)]


def try_out(
    task: Task, name: str, split: Split, tol: float
) -> tuple[dict[str, float] | None, list[str]]:
    """Return the scores on one split, and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = predict(name, split, classify=task.classify, tol=tol)
    notes = []
    for warning in caught:
        if "that was tried" in str(warning.message):
            notes.append("edge")
        elif issubclass(warning.category, ConvergenceWarning):
            notes.append("not converged")
    return None if found is None else task.scores(split, found), notes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", choices=TASKS)
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--penalties", nargs="+", default=NAMES)
    parser.add_argument("--tol", type=float, default=1e-4)
    arguments = parser.parse_args()
    with threadpool_limits(1):
        for name in arguments.data:
            run(TASKS[name], arguments.penalties, arguments.splits, arguments.tol)


if __name__ == "__main__":
    main()
