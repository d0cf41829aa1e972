"""The tables of the benchmark, real and generated.

yeast, scene
    Multi-label sets of Mulan: functions of genes, contents of pictures.
tox21
    12 assays, 17 % of the labels missing; fingerprints of 1024 bits.
hydraulic
    Conditions of a test rig; six statistics of each of 8 slow sensors.
adult
    Columns of kind "category" and missing values; tasks of up to 16 classes.
census_income_kdd
    Categories that were left as codes; the education is a task, hence no input.
wine_quality, student
    The labels of the files, the second from one table per subject.
landmine
    29 mine fields, each row belongs to one.
office_caltech10_surf
    10 objects in pictures of 4 sources, each row belongs to one.
delicious
    The 15 most frequent tags of web pages, from 500 words.
sarcos
    7 torques of a robot's arm: above their median or not.
parkinsons
    Two scores of symptoms in thirds, from recordings of voices. All rows of a person
    are on one side of a split, lest the person be recognised rather than the symptoms.
digits
    Three tasks on scikit-learn's digits.
breast_cancer
    Malignant or not, and whether five of the worst values are above their median, from
    the means and errors.
multilabel
    scikit-learn's make_multilabel_classification.
related
    12 related linear tasks of 2 and 3 classes, half of the labels missing.
thresholds
    8 tasks that weigh the same rules on pairs of thresholds; columns of heavy tails and
    all scales, two thirds of them irrelevant.

For regression there are the torques of sarcos, the scores of parkinsons, the exams of
139 schools (each row belongs to one), the grades of student, scikit-learn's diabetes,
8 related linear targets with missing values, and 6 sums of two of Friedman's functions,
of which one is the same for all.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    make_multilabel_classification,
)

from sklearn_mtl.datasets import (
    load_digits_tasks,
    make_multitask_classification,
    make_multitask_regression,
    targets_from_long,
)

DATA = Path(
    os.environ.get("SKLEARN_MTL_DATA") or Path(__file__).parents[3] / "shared" / "data"
)


@dataclass(frozen=True)
class Table:
    """Inputs, a column of labels per task (NaN: missing), and what holds rows together.

    No part of a split has more than `max_rows` rows, unless that is None.
    """

    X: np.ndarray | pd.DataFrame
    Y: pd.DataFrame
    groups: np.ndarray | None = None
    max_rows: int | None = 3000


def load(name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays of a file and its card."""
    with np.load(DATA / f"{name}.npz") as arrays:
        return dict(arrays), json.loads((DATA / f"{name}.json").read_text())


def name_tasks(Y: np.ndarray, names: list[str] | None = None) -> pd.DataFrame:
    """Return labels as floats in named columns; of integers, -1 is missing."""
    names = names or [f"task{t}" for t in range(Y.shape[1])]
    integers = Y.dtype.kind in "iu"
    Y = Y.astype(np.float64)
    return pd.DataFrame(np.where(Y < 0, np.nan, Y) if integers else Y, columns=names)


def read_tasks(card: dict[str, Any], kind: str) -> list[str]:
    return [task["name"] for task in card["tasks"] if task["type"] == kind]


def read_labels(name: str) -> Table:
    """Return a file with all its columns and all its classification tasks."""
    arrays, card = load(name)
    return Table(
        arrays["X"], name_tasks(arrays["Y"], read_tasks(card, "classification"))
    )


def read_long(name: str, max_rows: int | None = 3000) -> Table:
    """Return a file of which each row belongs to one task."""
    arrays, _ = load(name)
    Y, names = targets_from_long(arrays["y"], arrays["task"])
    return Table(arrays["X"].astype(np.float32), name_tasks(Y, names), None, max_rows)


def yeast() -> Table:
    return read_labels("yeast")


def scene() -> Table:
    return read_labels("scene")


def tox21() -> Table:
    arrays, card = load("tox21")
    X = np.unpackbits(arrays["X_bits"], axis=1).astype(np.float32)
    return Table(X, name_tasks(arrays["Y"], read_tasks(card, "classification")))


def hydraulic() -> Table:
    return read_labels("hydraulic")


def adult() -> Table:
    table = read_labels("adult")
    _, card = load("adult")
    X = pd.DataFrame(table.X, columns=card["feature_names"])
    for name, categories in card["categorical"].items():
        codes = X[name].fillna(-1).astype(int)
        X[name] = pd.Categorical.from_codes(codes, categories)
    return Table(X, table.Y)


def census_income_kdd() -> Table:
    table = read_labels("census_income_kdd")
    _, card = load("census_income_kdd")
    inputs = [name != "education" for name in card["feature_names"]]
    return Table(table.X[:, inputs], table.Y)


def wine_quality() -> Table:
    return read_labels("wine_quality")


def student() -> Table:
    return read_labels("student")


def landmine() -> Table:
    return read_long("landmine")


def office_caltech10_surf() -> Table:
    return read_long("office_caltech10_surf")


def delicious() -> Table:
    arrays, card = load("delicious")
    parts = (arrays["X_data"], arrays["X_indices"], arrays["X_indptr"])
    X = csr_array(parts, shape=tuple(arrays["X_shape"])).toarray().astype(np.float32)
    tags = np.argsort(-arrays["Y"].sum(axis=0), kind="stable")[:15]
    names = read_tasks(card, "classification")
    return Table(X, name_tasks(arrays["Y"][:, tags], [names[t] for t in tags]))


def sarcos() -> Table:
    table = sarcos_torques()
    return Table(table.X, (table.Y.median() < table.Y).astype(float))


def parkinsons() -> Table:
    table = parkinsons_scores()
    thirds = table.Y.apply(lambda y: pd.qcut(y, 3, labels=False).astype(float))
    return Table(table.X, thirds, table.groups)


def digits() -> Table:
    data = load_digits_tasks()
    return Table(data.data, name_tasks(np.asarray(data.target)))


def breast_cancer() -> Table:
    data = load_breast_cancer(as_frame=True)
    worst = [
        f"worst {name}"
        for name in ("texture", "area", "smoothness", "compactness", "symmetry")
    ]
    Y = (data.data[worst] > data.data[worst].median()).astype(float)
    Y.insert(0, "malignant", 1.0 - data.target)
    return Table(data.data.filter(regex="^mean|error$").to_numpy(), Y)


def multilabel() -> Table:
    X, Y = make_multilabel_classification(
        4000, n_features=40, n_classes=10, n_labels=3, random_state=0
    )
    return Table(X, name_tasks(Y))


def related() -> Table:
    X, Y = make_multitask_classification(
        3000,
        30,
        n_tasks=12,
        n_classes=[2] * 8 + [3] * 4,
        noise=0.5,
        missing_fraction=0.5,
        random_state=0,
    )
    return Table(X, name_tasks(Y))


def thresholds() -> Table:
    n_rules, n_tasks, n_features = 16, 8, 36
    rng = np.random.RandomState(0)
    quantiles = rng.uniform(size=(4000, n_features))
    columns = rng.randint(n_features // 3, size=(2, n_rules))
    limits = rng.uniform(0.3, 0.7, size=(2, n_rules))
    below = (quantiles[:, columns] < limits) ^ (rng.uniform(size=(2, n_rules)) < 0.5)
    shared, own = rng.standard_normal(n_rules), rng.standard_normal((n_rules, n_tasks))
    scores = below.all(axis=1) @ (shared[:, np.newaxis] + own)
    scores = 3 * (scores - np.median(scores, axis=0)) / scores.std(axis=0)
    Y = scores + rng.logistic(size=scores.shape) > 0
    tails = np.tan(np.pi * (quantiles - 0.5))  # those of Cauchy
    X = np.where(np.arange(n_features) % 2, tails, quantiles)
    return Table(X * np.logspace(-3, 6, n_features)[::-1], name_tasks(Y.astype(int)))


def sarcos_torques() -> Table:
    arrays, card = load("sarcos_test")
    return Table(arrays["X"], name_tasks(arrays["Y"], read_tasks(card, "regression")))


def parkinsons_scores() -> Table:
    arrays, card = load("parkinsons")
    Y = name_tasks(arrays["Y"], read_tasks(card, "regression"))
    return Table(arrays["X"], Y, groups=arrays["task"])


def school() -> Table:
    return read_long("school", max_rows=None)


def student_grades() -> Table:
    arrays, card = load("student")
    # The file's first grade is not to be trusted: it goes up to 32, of 20 points.
    return Table(
        arrays["X"],
        name_tasks(arrays["G"], read_tasks(card, "regression"))[["G2", "G3"]],
    )


def diabetes() -> Table:
    X, y = load_diabetes(return_X_y=True)
    return Table(X, name_tasks(y[:, np.newaxis], ["progression"]))


def related_targets() -> Table:
    X, Y = make_multitask_regression(
        1500, 30, n_tasks=8, noise=0.5, missing_fraction=0.3, random_state=0
    )
    return Table(X, name_tasks(Y))


def friedman() -> Table:
    def of_five(X: np.ndarray) -> np.ndarray:
        a, b, c, d, e = X.T
        return 10 * np.sin(np.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e

    rng = np.random.RandomState(0)
    X = rng.uniform(size=(2000, 20))
    own = [of_five(X[:, first : first + 5]) for first in range(5, 11)]
    Y = of_five(X[:, :5])[:, np.newaxis] + np.column_stack(own)
    return Table(X, name_tasks(Y + rng.standard_normal(Y.shape)))


CLASSIFICATION: dict[str, Callable[[], Table]] = {
    loader.__name__: loader
    for loader in (
        yeast,
        scene,
        tox21,
        hydraulic,
        adult,
        census_income_kdd,
        wine_quality,
        student,
        landmine,
        office_caltech10_surf,
        delicious,
        sarcos,
        parkinsons,
        digits,
        breast_cancer,
        multilabel,
        related,
        thresholds,
    )
}
REGRESSION: dict[str, Callable[[], Table]] = {
    loader.__name__: loader
    for loader in (
        sarcos_torques,
        parkinsons_scores,
        school,
        student_grades,
        diabetes,
        related_targets,
        friedman,
    )
}
