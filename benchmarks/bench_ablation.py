"""What each ingredient of MultiTaskNetClassifier brings: a table in Markdown.

A variant is the default network but for the parameters in ``VARIANTS``. All are fitted
on the splits of ``tables.py``, which draws a split and the first weights from the same
seed::

    python benchmarks/bench_ablation.py

A fit is added to ``results/ablation.csv`` at once and not repeated; a variant of which
the parameters change needs a new name. ``--report`` prints the table of what there is:
the differences to the default, in points of the area under the ROC curve and in percent
of the log-loss, the mean over data sets with the standard error over seeds, and the
number of data sets that are better with the default.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from _tables.data_sets import CLASSIFICATION
from _tables.methods import NET
from _tables.report import as_markdown, keep_shared
from _tables.runs import Results, run
from sklearn_mtl.neural_network.encoders import PiecewiseLinearEncoder

RESULTS = Path(__file__).parent / "results" / "ablation.csv"
DEFAULT = "default"
VARIANTS: dict[str, dict[str, Any]] = {
    DEFAULT: {},
    "lr 0.003": {"lr": 0.003},
    "lr 0.01": {"lr": 0.01},
    "1 member": {"n_members": 1},
    "no numeric embedding": {"encoder": None},
    "preset plain": {"preset": "plain"},
    "constant rate": {"lr_schedule": "constant"},
    "weights not averaged": {"average": False},
    "no dropout": {"dropout": 0.0},
    "weight decay 0.1": {"weight_decay": 0.1},
    "tree bins": {"encoder": PiecewiseLinearEncoder(bins="tree")},
    "periodic": {"encoder": "periodic"},
    "layers (128, 128)": {"hidden_layer_sizes": (128, 128)},
    "3 layers": {"hidden_layer_sizes": (256, 256, 256)},
    "batch size 256": {"batch_size": 256},
}


def compare(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per variant: its differences to the default, and its time."""
    scores = rows.pivot_table(
        ["auc", "log_loss", "fit_seconds"],
        ["repeat", "data_set"],
        "method",
        sort=False,
    )
    auc, log_loss, seconds = (
        scores[name] for name in ("auc", "log_loss", "fit_seconds")
    )
    gain = 100 * auc.sub(auc[DEFAULT], axis=0)
    excess = 100 * (log_loss.div(log_loss[DEFAULT], axis=0) - 1)
    n_worse = (gain.groupby("data_set").mean() < 0).sum()
    return pd.DataFrame(
        {
            "AUC": with_error(gain),
            "log-loss %": with_error(excess),
            "sets with lower AUC": n_worse,
            "fit time": np.exp(np.log(seconds.div(seconds[DEFAULT], axis=0)).mean()),
        }
    ).round(2)


def with_error(differences: pd.DataFrame) -> pd.Series:
    """Return the mean over data sets, and its standard error over seeds."""
    of_seeds = differences.groupby("repeat").mean()
    means, errors = of_seeds.mean(), of_seeds.sem()
    return pd.Series({k: f"{means[k]:+.2f} ± {errors[k]:.2f}" for k in means.index})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--variants", nargs="+", choices=VARIANTS)
    parser.add_argument("--data-sets", nargs="+", choices=CLASSIFICATION)
    parser.add_argument("--seeds", nargs="+", type=int, default=[*range(3)])
    parser.add_argument("--report", action="store_true", help="only print the table")
    given = parser.parse_args()
    names = given.variants or [*VARIANTS]
    sets = given.data_sets or [*CLASSIFICATION]
    results = Results(RESULTS)
    if not given.report:
        variants = {each: replace(NET, parameters=VARIANTS[each]) for each in names}
        with threadpool_limits(1):
            run(results, {k: CLASSIFICATION[k] for k in sets}, variants, given.seeds)
    rows = results.read()
    chosen = rows["method"].isin({DEFAULT, *names}) & rows["data_set"].isin(sets)
    print(as_markdown(compare(keep_shared(rows[chosen])), "variant"))


if __name__ == "__main__":
    main()
