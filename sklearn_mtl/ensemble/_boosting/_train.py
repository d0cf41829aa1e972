"""Train boosters: one on all rows, or several, each watched on a part of the rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_mtl.ensemble._boosting._booster import WatchedBooster
from sklearn_mtl.ensemble._boosting._data import BoostingData
from sklearn_mtl.ensemble._boosting._rounds import RoundTracker
from sklearn_mtl.ensemble._boosting._settings import BoostingSettings
from sklearn_mtl.ensemble._boosting._splits import split_rows

OnRound = Callable[[RoundTracker], None]


@dataclass(frozen=True)
class Training:
    """Boosters, after `n_iter` rounds; each task keeps its first `n_rounds` of them."""

    boosters: list[WatchedBooster]
    n_rounds: np.ndarray
    n_iter: int


def train(
    xgboost: Any, data: BoostingData, settings: BoostingSettings, on_round: OnRound
) -> Training:
    """Train as the settings say. `xgboost` is the package.

    Where rows are held out, `on_round` is told of every round.
    """
    n_tasks = data.outputs.n_tasks
    if not n_tasks:
        return Training([], np.zeros(0, dtype=np.intp), 0)
    if settings.early_stopping:
        return _train_watched(xgboost, data, settings, on_round)
    none = data.take(np.empty(0, dtype=np.intp))
    booster = WatchedBooster(xgboost, settings, data, none, settings.seed)
    every = np.ones(n_tasks, dtype=bool)
    for _ in range(settings.n_estimators):
        booster.add_round(every)
    n_rounds = np.full(n_tasks, settings.n_estimators)
    return Training([booster], n_rounds, settings.n_estimators)


def _train_watched(
    xgboost: Any, data: BoostingData, settings: BoostingSettings, on_round: OnRound
) -> Training:
    """Train boosters side by side.

    After every round, the losses on all rows held out tell which tasks still learn.
    """
    boosters = [
        WatchedBooster(
            xgboost,
            settings,
            data.take(learnt),
            data.take(held_out),
            settings.seed + number,
        )
        for number, (learnt, held_out) in enumerate(split_rows(data, settings))
    ]
    has_weight = data.task_weights > 0
    tracker = RoundTracker(_mean_losses(boosters, data), settings.n_iter_no_change)
    while tracker.n_rounds < settings.n_estimators:
        is_learning = tracker.is_learning
        if not is_learning[has_weight].any():
            break
        for booster in boosters:
            booster.add_round(is_learning)
        tracker.add(_mean_losses(boosters, data))
        on_round(tracker)
    return Training(boosters, tracker.best, tracker.n_rounds)


def _mean_losses(boosters: list[WatchedBooster], data: BoostingData) -> np.ndarray:
    """Return the mean loss of each task over all rows held out, 0 without labels."""
    none = np.zeros(data.outputs.n_tasks)
    sums = sum((booster.sum_held_out_losses() for booster in boosters), none)
    totals = sum((booster.sum_held_out_weights() for booster in boosters), none)
    return np.divide(sums, totals, out=np.zeros_like(none), where=totals > 0)
