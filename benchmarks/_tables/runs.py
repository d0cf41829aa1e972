"""Fits of methods to tables: kept in a file, a row per task, and not done twice."""

import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from _tables.data_sets import Table
from _tables.methods import Method
from _tables.scores import score_classes, score_quantities
from _tables.splits import Parts, split

KEY = ["data_set", "repeat", "method"]
FAILURES = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
Key = tuple[str, int, str]
Row = dict[str, Any]
_X = np.random.RandomState(0).standard_normal((64, 4))
_Y = pd.DataFrame({"a": _X[:, 0] > 0, "b": _X[:, 1] > 0}, dtype=float)
SMALL = Parts(_X, _Y, _X, _Y)


class Results:
    """A CSV file of scores; rows are added as soon as they are there."""

    def __init__(self, path: Path):
        self.path = path

    def read(self) -> pd.DataFrame:
        if not self.path.exists():
            return pd.DataFrame(columns=[*KEY, "task"])
        return pd.read_csv(self.path, dtype={"task": str})

    def done(self) -> set[Key]:
        return set(self.read()[KEY].itertuples(index=False, name=None))

    def add(self, key: Key, rows: list[Row]) -> None:
        frame = pd.DataFrame([dict(zip(KEY, key, strict=True)) | row for row in rows])
        self.path.parent.mkdir(parents=True, exist_ok=True)
        first = not self.path.exists()
        text = frame.to_csv(index=False, header=first, float_format="%.6g")
        with self.path.open("a") as file:
            file.write(text)


def run(
    results: Results,
    tables: Mapping[str, Callable[[], Table]],
    methods: Mapping[str, Method],
    repeats: Iterable[int],
    *,
    classes: bool = True,
    full: bool = False,
) -> None:
    """Try out all that is not there yet, one repeat after the other."""
    warm: set[str] = set()
    for seed in repeats:
        for name, read in tables.items():
            done = results.done()
            todo = [each for each in methods if (name, seed, each) not in done]
            if not todo:
                continue
            parts = split(read(), seed, classes=classes, full=full)
            for method in todo:
                if method not in warm:
                    # What is imported and compiled once is no part of a fit's time.
                    try_out(methods[method], seed, SMALL, classes=classes)
                    warm.add(method)
                rows, note = try_out(methods[method], seed, parts, classes=classes)
                if rows:
                    results.add((name, seed, method), rows)
                now = time.strftime("%H:%M:%S")
                print(f"{now} {name} {seed} {method}: {note}", flush=True)


def try_out(
    method: Method, seed: int, parts: Parts, *, classes: bool
) -> tuple[list[Row], str]:
    """Return a row per task, none if the method failed, and a note."""
    with warnings.catch_warnings(record=True, action="always") as caught:
        try:
            rows = fit_and_score(method, seed, parts, classes=classes)
        except FAILURES as error:
            return [], f"{type(error).__name__}: {error}"
    kinds = sorted({each.category.__name__ for each in caught})
    return rows, f"{rows[0]['fit_seconds']:.1f} s {' '.join(kinds)}"


def fit_and_score(
    method: Method, seed: int, parts: Parts, *, classes: bool
) -> list[Row]:
    """Return a row per task: its scores, and the seconds that all tasks took.

    The seconds are those of the processor: other programs on the machine add none.
    """
    estimator = method.make(seed)
    X, X_test = method.prepare(parts.X, parts.X_test)
    start = time.process_time()
    estimator.fit(X, parts.Y.to_numpy())
    fitted = time.process_time()
    predictions = predict(estimator, X_test, classes=classes)
    seconds = {
        "fit_seconds": fitted - start,
        "predict_seconds": time.process_time() - fitted,
    }
    score = score_classes if classes else score_quantities
    rows = []
    for task, of_task in zip(parts.Y_test, predictions, strict=True):
        y = parts.Y_test[task].to_numpy()
        known = ~np.isnan(y)
        if not np.isfinite(of_task).all():
            raise ValueError(f"not all predictions of {task} are finite")
        if known.any():
            rows.append({"task": task, **score(y[known], of_task[known]), **seconds})
    return rows


def predict(estimator: Any, X: Any, *, classes: bool) -> Iterable[np.ndarray]:
    """Return the probabilities or the quantities of each task."""
    return estimator.predict_proba(X) if classes else estimator.predict(X).T
