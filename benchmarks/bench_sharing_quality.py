"""What sharing and balancing bring on real data: tables in Markdown.

Every architecture is tried without a balancer, every balancer with a shared bottom at
its default gradient level, with their default parameters and the same network
(``SETTINGS``). They are compared with networks of one task each, which are tuned: the
widths and the learning rate (``GRID``) are those of the lowest loss on the tenth of the
training rows that early stopping sets aside, for each task. "tuned_shared_bottom" has
the same choice, once for all tasks; nothing else is tuned.

A seed draws the rows, the first weights and the order of the batches, alike for every
method. The network standardises features, but not pictures. The data sets are

census
    Census-Income (KDD), of which only the test half is at hand. Tasks: income above
    50k, never married. The marital status is no input; the education and the place in
    the household, which tells much of it, are, as in the papers of MMoE and PLE. Sums
    of money are log(1 + x), age, weeks worked and size of the employer as they are, the
    other 32 columns one-hot, where missing is a category and categories of less than
    20 training rows are one. 12000 rows to train on and 12000 to test, at random.
hydraulic
    5 conditions of a test rig; six statistics of each of 8 slow sensors. Half of the
    cycles to train on, at random: neighbours in time are on both sides.
tox21
    12 assays, 17 % of the labels missing; Morgan fingerprints of 1024 bits. 80 % of
    the molecules to train on, at random, not by scaffold.
multimnist
    Two digits on a canvas of 36 x 36, pixels / 255, behind an encoder (``Convolution``)
    that all tasks share. 3000 rows of the training part, and all of the test part.
delicious
    The 40 most frequent tags of the training part, from 500 words. 6000 rows of the
    training part, and all of the test part.

Scores are areas under the ROC curve where all tasks are binary, else accuracies; "time"
is the processor's, tuning included, over that of the shared bottom. Run it with
``--output quality.jsonl``: an interrupted run goes on, what failed is last in rank and
tried again, and ``--report`` prints what there is. SKLEARN_MTL_DATA is where data is.
"""

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.sparse import csr_array
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import OneHotEncoder
from threadpoolctl import threadpool_limits
from torch import nn

from sklearn_mtl.metrics import delta_m
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network.architectures import ARCHITECTURES
from sklearn_mtl.neural_network.balancers import BALANCERS

DATA = Path(
    os.environ.get("SKLEARN_MTL_DATA") or Path(__file__).parents[2] / "shared" / "data"
)
KEY = ["data", "method", "seed"]
Values = dict[str, Any]
Parts = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
SETTINGS: Values = {
    "hidden_layer_sizes": (64, 64),
    "max_epochs": 40,
    "n_iter_no_change": 8,
    "missing_label": -1,
    "device": "cpu",
}
WIDTHS, RATES = [(32, 32), (64, 64), (128, 128)], [1e-3, 3e-3]
GRID = [{"hidden_layer_sizes": k, "lr": lr} for k, lr in product(WIDTHS, RATES)]
ALONE, TUNED, PLAIN = "single_task", "tuned_shared_bottom", "shared_bottom"
METHODS: dict[str, Values] = {
    **{name: {} for name in [ALONE, TUNED]},
    **{name: {"architecture": name} for name in ARCHITECTURES},
    **{name: {"balancer": name} for name in BALANCERS},
}


class Convolution(nn.Sequential):
    """The encoder of pictures."""

    def __init__(self, shape: tuple[int, int]):
        reduce = (nn.Unflatten(1, (1, shape[0])), nn.AvgPool2d(2))
        super().__init__(*reduce, nn.Conv2d(1, 16, 5, 2), nn.ReLU(), nn.Flatten())
        self.out_features = self(torch.zeros(1, *shape)).shape[1]


def load(name: str) -> dict[str, np.ndarray]:
    with np.load(DATA / f"{name}.npz") as arrays:
        return dict(arrays)


def cut(X: np.ndarray, Y: np.ndarray, order: np.ndarray, n: int) -> Parts:
    return X[order[:n]], Y[order[:n]], X[order[n:]], Y[order[n:]]


def census(rng: np.random.RandomState) -> Parts:
    data = load("census_income_kdd")
    card = json.loads((DATA / "census_income_kdd.json").read_text())
    order = rng.permutation(len(data["X"]))[:24_000]
    names, X = card["feature_names"], data["X"]
    for name in ("wage_per_hour", "capital_gains", "capital_losses", "stock_dividends"):
        X[:, names.index(name)] = np.log1p(X[:, names.index(name)])
    coded = np.isin(names, [*card["categorical"]])
    encoder = OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist")
    encoder.fit(X[order[:12_000]][:, coded])
    X = np.hstack([X[:, ~coded], encoder.transform(X[:, coded]).toarray()])
    return cut(X, data["Y"][:, :2], order, 12_000)


def hydraulic(rng: np.random.RandomState) -> Parts:
    data = load("hydraulic")
    order = rng.permutation(len(data["X"]))
    return cut(data["X"], data["Y"], order, len(order) // 2)


def tox21(rng: np.random.RandomState) -> Parts:
    data = load("tox21")
    X = np.unpackbits(data["X_bits"], axis=1).astype(np.float32)
    return cut(X, data["Y"], rng.permutation(len(X)), round(0.8 * len(X)))


def multimnist(rng: np.random.RandomState) -> Parts:
    data = load("multimnist")
    train, test = (np.flatnonzero(data["split"] == part) for part in (0, 2))
    order = np.append(rng.permutation(train)[:3000], test)
    return cut(data["X"].astype(np.float32) / 255, data["Y"], order, 3000)


def delicious(rng: np.random.RandomState) -> Parts:
    data = load("delicious")
    parts = (data["X_data"], data["X_indices"], data["X_indptr"])
    X = csr_array(parts, shape=tuple(data["X_shape"])).toarray().astype(np.float32)
    train, test = (np.flatnonzero(data["split"] == part) for part in (0, 2))
    tags = np.argsort(-data["Y"][train].sum(axis=0), kind="stable")[:40]
    order = np.append(rng.permutation(train)[:6000], test)
    return cut(X, data["Y"][:, tags], order, 6000)


DATA_SETS: dict[str, tuple[Callable[[np.random.RandomState], Parts], Values]] = {
    "census": (census, {"batch_size": 256}),
    "hydraulic": (hydraulic, {"batch_size": 32, "lr": 3e-3}),
    "tox21": (tox21, {"batch_size": 256}),
    "multimnist": (multimnist, {"encoder": Convolution, "lr": 3e-3}),
    "delicious": (delicious, {"batch_size": 256}),
}


def score_tasks(Y: np.ndarray, probabilities: list[np.ndarray]) -> list[float]:
    binary = all(of_task.shape[1] == 2 for of_task in probabilities)
    scores = []
    for y, of_task in zip(Y.T, probabilities, strict=True):
        y, of_task = y[y >= 0], of_task[y >= 0]
        right = of_task.argmax(axis=1) == y
        scores.append(roc_auc_score(y, of_task[:, 1]) if binary else right.mean())
    return list(map(float, scores))


def best_loss(net: MultiTaskNetClassifier) -> float:
    return min(epoch["valid_relative_loss"] for epoch in net.history_)


def fit(name: str, settings: Values, parts: Parts) -> tuple[Any, Values]:
    """Return the probabilities of the classes of each task, and about the fits."""
    X, Y, X_test, _ = parts
    grid = GRID if name in (ALONE, TUNED) else [{}]
    fits: list[Any] = [
        MultiTaskNetClassifier(preset="plain", **settings | each) for each in grid
    ]
    if name == ALONE:
        fits = [IndependentTasksClassifier(net, missing_label=-1) for net in fits]
    fits = [getattr(each.fit(X, Y), "estimators_", [each]) for each in fits]
    best = [min(same, key=best_loss) for same in zip(*fits, strict=True)]
    found = [net.predict_proba(X_test) for net in best]
    return (found if name == ALONE else found[0]), {
        "epochs": [net.n_iter_ for net in best],
        "chosen": [[*net.hidden_layer_sizes, net.settings_["lr"]] for net in best],
        "fell_back": sum(e.get("balancer_failures", 0) for e in best[0].history_),
    }


def try_out(name: str, settings: Values, parts: Parts) -> Values:
    """Return the scores of a method, or the error that it ended with."""
    start = time.process_time()
    with warnings.catch_warnings(record=True, action="always") as caught:
        try:
            found, record = fit(name, settings, parts)
            record["scores"] = score_tasks(parts[3], found)
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as e:
            record = {"error": f"{type(e).__name__}: {e}"}
    record["seconds"] = time.process_time() - start
    return record | {"warnings": sorted({str(each.message) for each in caught})}


def read_records(path: Path) -> dict[tuple[Any, ...], Values]:
    """Return what was recorded; of a method that was tried again, the last."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {tuple(each[k] for k in KEY): each for each in map(json.loads, lines)}


def run(path: Path, data: list[str], methods: list[str], seeds: int) -> None:
    """Record all that is not there yet, one seed and one data set after the other."""
    done = {key for key, each in read_records(path).items() if "error" not in each}
    for seed, name in product(range(seeds), data):
        draw, settings = DATA_SETS[name]
        parts = draw(np.random.RandomState(seed))
        settings = SETTINGS | settings | {"random_state": seed}
        for method in methods:
            key = (name, method, seed)
            if key not in done:
                record = dict(zip(KEY, key, strict=True))
                record |= try_out(method, settings | METHODS[method], parts)
                with path.open("a") as file:
                    file.write(json.dumps(record) + "\n")
                print(*key, record.get("error", "done"), flush=True)


def compare(records: dict[tuple[Any, ...], Values]) -> pd.DataFrame:
    """Return a row per fit: its score, its gain, its relative time and its notes."""
    rows = []
    for (data, method, seed), record in records.items():
        alone = records.get((data, ALONE, seed), {}).get("scores")
        plain = records.get((data, PLAIN, seed), {}).get("seconds", np.nan)
        scores, notes = record.get("scores"), record["warnings"]
        if record.get("fell_back"):
            notes = [*notes, f"the mean in {record['fell_back']} steps"]
        note = record.get("error") or "; ".join(notes)
        gain = delta_m(scores, alone) if scores and alone else np.nan
        score = 100 * np.mean(scores or np.nan)
        rows.append([data, method, seed, score, gain, record["seconds"] / plain, note])
    return pd.DataFrame(rows, columns=[*KEY, "score", "gain", "time", "note"])


def summarise(values: pd.Series) -> str:
    spread = f" ± {values.std():.2f}" if values.count() > 1 else ""
    return f"{values.mean():.2f}{spread}"


def print_table(title: str, columns: dict[str, pd.Series], methods: pd.Index) -> None:
    kinds = [next(iter(METHODS[method]), "tuned") for method in methods]
    table = pd.DataFrame({"kind": pd.Series(kinds, methods)} | columns).loc[methods]
    rows = table.reset_index(names="method").map(str)
    lines = [[*rows.columns], ["---"] * rows.shape[1], *rows.values.tolist()]
    print(f"\n### {title}\n")
    print("\n".join(f"| {' | '.join(line)} |" for line in lines))


def report(fits: pd.DataFrame) -> None:
    """Print a table per data set, and one of all of them."""
    for name, of_data in fits.groupby("data", sort=False):
        group = of_data.groupby("method", sort=False)
        columns = {
            "score %": group["score"].agg(summarise),
            "Δm %": group["gain"].agg(summarise),
            "time": group["time"].median().round(1),
            "note": group["note"].agg(lambda notes: "; ".join(filter(None, notes))),
        }
        seeds = f"{of_data['seed'].nunique()} seeds, mean ± sd"
        print_table(f"{name} ({seeds})", columns, columns["time"].index)
    n_methods = fits.groupby(["data", "seed"])["method"].transform("nunique")
    tried = fits[n_methods == fits["method"].nunique()]
    if PLAIN not in set(tried["method"]):
        return
    gains = tried.pivot_table("gain", "method", "data", dropna=False)
    times = tried.pivot_table("time", "method", "data", dropna=False)
    ranks = gains.rank(ascending=False, na_option="bottom").mean(axis=1).sort_values()
    columns = {
        "mean rank": ranks.round(1),
        "mean Δm %": gains.mean(axis=1).round(2),
        f"better than {PLAIN}": (gains > gains.loc[PLAIN]).sum(axis=1),
        "time": np.exp(np.log(times).mean(axis=1)).round(1),
    }
    print_table(f"All of {', '.join(gains.columns)}", columns, ranks.index)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--datasets", nargs="+", choices=DATA_SETS)
    parser.add_argument("--methods", nargs="+", choices=METHODS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--report", action="store_true", help="only print the tables")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if not given.report:
        data, methods = given.datasets or [*DATA_SETS], given.methods or [*METHODS]
        with threadpool_limits(1):
            run(given.output, data, methods, given.seeds)
    report(compare(read_records(given.output)))


if __name__ == "__main__":
    main()
