"""The tables of a run."""

from typing import Any

import numpy as np
import pandas as pd

from _tables.ranks import rank_methods

# Whether greater is better.
CLASSES = {"auc": True, "log_loss": False, "accuracy": True}
QUANTITIES = {"r2": True, "rmse": False}
TITLES = {
    "auc": "AUC",
    "log_loss": "log-loss",
    "accuracy": "accuracy",
    "ece": "calibration error",
    "r2": "R²",
    "rmse": "relative RMSE",
}
REFERENCE = "hist_gradient_boosting"
MANY_TASKS = 10


class Report:
    """What a run tells of methods that were all fitted on the same splits."""

    def __init__(self, results: pd.DataFrame):
        self.results = results
        self.ranked = QUANTITIES if "r2" in results else CLASSES
        self.metrics = [metric for metric in TITLES if metric in results]

    @property
    def n_splits(self) -> int:
        return len(self.results[["data_set", "repeat"]].drop_duplicates())

    @property
    def title(self) -> str:
        n_tasks = len(self.results[["data_set", "task"]].drop_duplicates())
        n_sets = self.results["data_set"].nunique()
        return f"{n_sets} data sets, {n_tasks} tasks, {self.n_splits} splits"

    def average(self, metric: str) -> pd.DataFrame:
        """Return the mean over repeats, a row per task and a column per method.

        Tasks without a score, of one class, are left out.
        """
        keys = ["data_set", "task"]
        table = self.results.pivot_table(metric, keys, "method", sort=False)
        return table.dropna()

    def average_sets(self, metric: str) -> pd.DataFrame:
        """Return the mean over the tasks of each data set as well."""
        return self.average(metric).groupby("data_set", sort=False).mean()

    def ranks(self, metric: str, *, of_tasks: bool = False) -> pd.DataFrame:
        """Return the ranks of the methods in each data set, or for each task."""
        average = self.average if of_tasks else self.average_sets
        return rank_methods(average(metric), self.ranked[metric])

    def seconds(self) -> pd.DataFrame:
        """Return the mean seconds of fits, a row per data set."""
        fits = self.results.drop_duplicates(["data_set", "repeat", "method"])
        return fits.pivot_table("fit_seconds", "data_set", "method", sort=False)

    def cost(self, min_tasks: int = 1) -> pd.Series:
        """Return the seconds of fits over those of the reference.

        It is the geometric mean over the data sets with so many tasks.
        """
        n_tasks = self.results.groupby("data_set")["task"].nunique()
        seconds = self.seconds()[lambda table: n_tasks[table.index] >= min_tasks]
        return np.exp(np.log(seconds.div(seconds[REFERENCE], axis=0)).mean())

    def summary(self) -> pd.DataFrame:
        """Return a row per method: mean ranks, mean scores and cost."""
        columns: dict[str, Any] = {}
        for metric in self.ranked:
            name = f"rank by {TITLES[metric]}"
            columns[f"{name}, sets"] = self.ranks(metric).mean().round(2)
            of_tasks = self.ranks(metric, of_tasks=True)
            columns[f"{name}, tasks"] = of_tasks.mean().round(2)
        for metric in self.metrics:
            columns[TITLES[metric]] = self.average_sets(metric).mean().round(4)
        if REFERENCE in self.seconds():
            columns["fit time"] = self.cost().round(2)
            columns[f"fit time, {MANY_TASKS}+ tasks"] = self.cost(MANY_TASKS).round(2)
        table = pd.DataFrame(columns).dropna(axis=1)
        return table.sort_values(table.columns[0])


def keep_shared(results: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the splits on which all of the methods were fitted."""
    splits = results.groupby(["data_set", "repeat"])["method"]
    return results[splits.transform("nunique") == results["method"].nunique()]


def as_markdown(table: pd.DataFrame, corner: str = "method") -> str:
    cells = table.reset_index(names=corner).astype(object).map(str)
    lines = [[*cells.columns], ["---"] * cells.shape[1], *cells.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_rst(table: pd.DataFrame, corner: str = "method") -> str:
    """Return a csv-table directive."""
    lines = table.to_csv(index_label=corner).splitlines()
    return "\n   ".join([".. csv-table::", ":header-rows: 1\n", *lines]) + "\n"
