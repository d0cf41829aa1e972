"""Folds and seeds of a comparison that is repeated."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.model_selection._split import _CVIterableWrapper

from sklearn_mtl._tasks import read_targets
from sklearn_mtl._validation import parameter_error
from sklearn_mtl.model_selection._compare._fit_and_score import Trial
from sklearn_mtl.model_selection._k_fold import MultiTaskKFold

_MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Fold:
    """The rows to train and to test on, in one of the repeats."""

    train: np.ndarray
    test: np.ndarray
    repeat: int
    seed: int


def make_splitter(
    cv: Any, n_repeats: int, trial: Trial, random_state: Any, owner: str
) -> Any:
    """Return the splitter, which can split anew if there are repeats."""
    if cv is None or isinstance(cv, Integral):
        n_splits = 5 if cv is None else int(cv)
        return MultiTaskKFold(
            n_splits, random_state=random_state, missing_label=trial.missing_label
        )
    splitter = check_cv(cv)
    if isinstance(splitter, _CVIterableWrapper) and not splitter.get_n_splits():
        raise parameter_error("cv", owner, "at least one fold", repr(cv))
    if n_repeats > 1 and not _can_change(splitter):
        raise parameter_error(
            "cv",
            owner,
            f"a number of folds, or a splitter with a random_state, for {n_repeats} "
            "repeats with other folds",
            say_splitter(splitter),
        )
    return splitter


def split_repeats(
    splitter: Any, n_repeats: int, trial: Trial, rng: np.random.RandomState
) -> Iterator[list[Fold]]:
    """Yield the folds of each repeat.

    The first repeat has the folds that there would be without others; the seeds of
    the others are drawn from `rng`, each when its turn comes.
    """
    yield _split(splitter, trial, repeat=0, seed=0)
    for repeat in range(1, n_repeats):
        seed = int(rng.randint(_MAX_SEED))
        other = copy.copy(splitter)
        other.random_state = seed
        yield _split(other, trial, repeat, seed)


def _split(splitter: Any, trial: Trial, repeat: int, seed: int) -> list[Fold]:
    # They may be given as lists or masks.
    rows = np.arange(len(trial.observed))
    return [
        Fold(rows[train], rows[test], repeat, seed)
        for train, test in splitter.split(trial.X, show_labels(splitter, trial))
    ]


def show_labels(splitter: Any, trial: Trial) -> Any:
    """Return the labels for a splitter, as a table.

    To one that knows of missing labels, those of weight 0 are missing too.
    """
    if trial.observed.all() or not hasattr(splitter, "missing_label"):
        return trial.Y
    targets = read_targets(
        trial.Y, missing_label=trial.missing_label, owner=type(splitter).__name__
    )
    labels = np.full(trial.observed.shape, None, dtype=object)
    for t, column in enumerate(targets.columns):
        seen = trial.observed[:, t]
        labels[seen, t] = column[seen]
    return labels


def _can_change(splitter: Any) -> bool:
    shuffles = getattr(splitter, "shuffle", True)
    return hasattr(splitter, "random_state") and shuffles


def say_splitter(splitter: Any) -> str:
    """Return the splitter in words."""
    if isinstance(splitter, _CVIterableWrapper):
        return f"{splitter.get_n_splits()} given folds"
    return str(splitter)


def reseed(estimator: Any, fold: Fold, position: int) -> Any:
    """Give an unfitted estimator the seeds of a repeat; the first has its own.

    Every `random_state` that is None or an integer is set. Where two estimators have
    the same integer, they have the same one again; where they have None, another each.
    """
    if fold.repeat == 0:
        return estimator
    seeds = {}
    for path, value in estimator.get_params(deep=True).items():
        if path.rpartition("__")[2] != "random_state":
            continue
        if value is None:
            own = [1, position, *path.encode()]
        elif isinstance(value, Integral):
            own = [0, int(value)]
        else:
            continue
        drawn = np.random.SeedSequence([fold.seed, *own]).generate_state(1)[0]
        seeds[path] = int(drawn) % _MAX_SEED
    return estimator.set_params(**seeds)
