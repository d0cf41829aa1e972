"""How often a comparison finds a difference: where there is none, and where there is.

The two sides are alike by symmetry: one learns from the first half of the features, the
other from the second, and both halves tell as much of the two tasks. Or they are trees
that differ by their seeds. Every data set is new. Printed is the share of the tasks
with a verdict "helps" or "hurts", in %, which should be at most 5 where there is no
difference, for

- the folds and repeats at the head of the column, with the interval of the package;
- "N&B": the same scores, but with 1 / J also if folds are repeated, which is the
  interval of Nadeau and Bengio, and of Bouckaert and Frank;
- "fifth": the learning curve, at a fifth of the training rows.

"Δm" is the share of comparisons whose interval of Δm does not contain 0. The last rows
have a difference: the features of one half are noisier.
"""

import argparse
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import stats
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.model_selection import TaskComparison, compare_estimators
from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)

DESIGNS = {"3 x 1": (3, 1), "5 x 1": (5, 1), "10 x 1": (10, 1), "5 x 3": (5, 3)}
ONE_TASK = (LogisticRegression, SVR)


def take_half(X: np.ndarray, half: int) -> np.ndarray:
    return np.split(X, 2, axis=1)[half]


@dataclass(frozen=True)
class Model:
    """What is compared with itself."""

    name: str
    estimator: Any
    kind: str
    by_seed: bool = False

    def sides(self, seed: int) -> dict[str, Any]:
        if self.by_seed:
            return {
                side: clone(self.estimator).set_params(random_state=2 * seed + s)
                for s, side in enumerate("ab")
            }
        return {f"half {half}": self.on_half(half) for half in (0, 1)}

    def on_half(self, half: int) -> Any:
        selection = FunctionTransformer(take_half, kw_args={"half": half})
        pipeline = make_pipeline(selection, self.estimator)
        if not isinstance(self.estimator, ONE_TASK):
            return pipeline
        if self.kind == "classification":
            return IndependentTasksClassifier(pipeline)
        return IndependentTasksRegressor(pipeline)


MODELS = [
    Model("ridge", Ridge(), "regression"),
    Model("logistic", LogisticRegression(), "classification"),
    Model("5 neighbours", KNeighborsRegressor(), "regression"),
    Model("15 neighbours", KNeighborsRegressor(15), "regression"),
    Model("5 neighbours", KNeighborsClassifier(), "classification"),
    Model("support vectors", SVR(), "regression"),
    Model("tree", DecisionTreeRegressor(max_depth=4, random_state=0), "regression"),
    Model(
        "trees by seed", DecisionTreeClassifier(max_features=3), "classification", True
    ),
]


def make_data(kind: str, n_samples: int, seed: int, extra_noise: float) -> Any:
    """Return features in two halves that tell the same, but for the extra noise."""
    make = make_multitask_regression
    if kind == "classification":
        make = make_multitask_classification
    rng = np.random.RandomState(seed)
    signal, Y = make(n_samples, 5, n_tasks=2, noise=0.5, random_state=rng)
    noise = [0.5, 0.5 + extra_noise]
    halves = [signal + scale * rng.normal(size=signal.shape) for scale in noise]
    return np.hstack(halves), Y


def compare(
    model: Model, design: tuple[int, int], n_samples: int, seed: int, noise: float
) -> TaskComparison:
    n_folds, n_repeats = design
    return compare_estimators(
        model.sides(seed),
        *make_data(model.kind, n_samples, seed, noise),
        cv=n_folds,
        n_repeats=n_repeats,
        train_sizes=[0.2] if design == DESIGNS["5 x 1"] else None,
        random_state=seed,
    )


def finds_uncorrected(comparison: TaskComparison) -> Iterator[bool]:
    """Yield for each task whether the interval with 1 / J excludes 0."""
    base, other = comparison.scores_.values()
    for t, d in enumerate((other - base).T):
        ratio = comparison.n_test_[:, t].sum() / comparison.n_train_[:, t].sum()
        error = np.sqrt((1 / len(d) + ratio) * d.var(ddof=1))
        margin = stats.t.ppf(0.975, len(d) - 1) * error
        yield bool(abs(d.mean()) > margin)


def measure(
    model: Model, n_samples: int, noise: float, n_comparisons: int
) -> list[str]:
    """Return the cells of a row."""
    found: dict[str, list[bool]] = {}
    for name, design in DESIGNS.items():
        for seed in range(n_comparisons):
            comparison = compare(model, design, n_samples, seed, noise)
            (results,) = comparison._results.values()
            ((low, high),) = comparison.delta_m_interval_.values()
            verdicts = [result.verdict != "no evidence" for result in results]
            found.setdefault(name, []).extend(verdicts)
            if design == DESIGNS["5 x 1"]:
                found.setdefault("Δm", []).append(low > 0 or high < 0)
                small = comparison._curve["b" if model.by_seed else "half 1"][0]
                at_fifth = [result.verdict != "no evidence" for result in small]
                found.setdefault("fifth", []).extend(at_fifth)
            if design == DESIGNS["5 x 3"]:
                found.setdefault("N&B", []).extend(finds_uncorrected(comparison))
    order = [*DESIGNS, "N&B", "fifth", "Δm"]
    return [f"{100 * np.mean(found[name]):.1f}" for name in order]


def print_row(cells: Sequence[Any]) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comparisons", type=int, default=200)
    parser.add_argument("--samples", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0, 0.3])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    header = ["model", "kind", "rows", "extra noise", *DESIGNS, "N&B 5 x 3"]
    header += ["fifth 5 x 1", "Δm 5 x 1"]
    print_row(header)
    print_row(["---"] * len(header))
    for noise in arguments.noise:
        for n_samples in arguments.samples:
            for model in MODELS:
                if noise and model.by_seed:
                    continue
                with threadpool_limits(1), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    cells = measure(model, n_samples, noise, arguments.comparisons)
                print_row([model.name, model.kind, n_samples, noise, *cells])


if __name__ == "__main__":
    main()
