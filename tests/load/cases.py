"""Fitted estimators of every kind, and what is asked of them under load."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from sklearn_mtl.datasets import (
    ParquetTable,
    combine_inputs,
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.ensemble import (
    MultiTaskBoostingRegressor,
    MultiTaskForestClassifier,
    MultiTaskStackingClassifier,
    TaskwiseSelectionRegressor,
)
from sklearn_mtl.inspection import GroupedTasksRegressor
from sklearn_mtl.linear_model import RegularizedMTLClassifier, RegularizedMTLRegressor
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)

SHAPE = {"n_samples": 120, "n_features": 6, "n_tasks": 3, "random_state": 0}
X, LABELS = make_multitask_classification(
    **SHAPE, n_classes=[2, 3, 2], missing_fraction=0.2
)
QUANTITIES = make_multitask_regression(**SHAPE, missing_fraction=0.2)[1]
NAMED = combine_inputs({"left": X[:, :2], "right": X[:, 2:]})
NET = {"hidden_layer_sizes": (8,), "max_epochs": 3, "random_state": 0}


class Case(NamedTuple):
    """An estimator, and rows of which it has seen the first 80 with their labels."""

    estimator: Any
    X: Any
    Y: Any

    def fit(self) -> Any:
        return self.estimator.fit(self.X[:80], self.Y[:80])


class Encoder(torch.nn.Sequential):
    """Layers that behave otherwise in training."""

    out_features = 8

    def __init__(self, n_features: int):
        super().__init__(
            torch.nn.Linear(n_features, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout()
        )


def make_cases() -> dict[str, Case]:
    """Return an unfitted estimator of every kind, with data."""
    nets = {
        "default": Case(MultiTaskNetClassifier(**NET), X, LABELS),
        "plain": Case(MultiTaskNetClassifier(**NET, preset="plain"), X, LABELS),
        "quantities": Case(MultiTaskNetRegressor(**NET), X, QUANTITIES),
        "several networks": Case(
            MultiTaskNetRegressor(**NET, n_members=4, n_networks=2), X, QUANTITIES
        ),
        "both kinds": Case(
            MultiTaskNet(**NET), X, np.column_stack([LABELS, QUANTITIES])
        ),
        "encoder": Case(MultiTaskNetClassifier(**NET, encoder=Encoder), X, LABELS),
        "named inputs": Case(
            MultiTaskNetClassifier(**NET, encoder={"left": Encoder, "right": Encoder}),
            NAMED,
            LABELS,
        ),
        "categories": Case(
            MultiTaskNetClassifier(**NET, categorical_features=[0]),
            np.column_stack([np.round(X[:, 0]), X[:, 1:]]),
            LABELS,
        ),
    }
    others = {
        "linear classifier": Case(RegularizedMTLClassifier(alpha=0.01), X, LABELS),
        "linear regressor": Case(RegularizedMTLRegressor(alpha=0.01), X, QUANTITIES),
        "forest": Case(
            MultiTaskForestClassifier(5, n_jobs=2, random_state=0), X, LABELS
        ),
        "boosting": Case(
            MultiTaskBoostingRegressor(
                n_estimators=5, early_stopping=False, random_state=0
            ),
            X,
            QUANTITIES,
        ),
        "stacking": Case(
            MultiTaskStackingClassifier(
                [
                    ("one", IndependentTasksClassifier(LogisticRegression())),
                    ("net", MultiTaskNetClassifier(**NET)),
                ],
                cv=2,
            ),
            X,
            LABELS,
        ),
        "selection": Case(
            TaskwiseSelectionRegressor(
                [
                    ("linear", RegularizedMTLRegressor(alpha=0.1)),
                    ("net", MultiTaskNetRegressor(**NET)),
                ],
                cv=2,
            ),
            X,
            QUANTITIES,
        ),
        "groups": Case(
            GroupedTasksRegressor(
                MultiTaskNetRegressor(**NET),
                groups=[["task0", "task1"], ["task2"]],
                random_state=0,
            ),
            X,
            QUANTITIES,
        ),
        "independent": Case(
            IndependentTasksClassifier(LogisticRegression()), X, LABELS
        ),
        "ridge": Case(
            GroupedTasksRegressor(Ridge(), groups=[["task0"], ["task1", "task2"]]),
            X,
            np.nan_to_num(QUANTITIES),
        ),
    }
    return nets | others


def store(folder: Any) -> ParquetTable:
    """Write X into two files, and return them as a table on disk."""
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    for number, rows in enumerate((slice(70), slice(70, None))):
        frame[rows].to_parquet(folder / f"{number}.parquet")
    return ParquetTable(folder)
