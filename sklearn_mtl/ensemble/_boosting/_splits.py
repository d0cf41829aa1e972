"""Which rows each booster learns from, and which tell when it should have stopped."""

import numpy as np

from sklearn_mtl._stratification import encode_strata, stratify
from sklearn_mtl._tasks import read_targets
from sklearn_mtl._validation import parameter_error
from sklearn_mtl.ensemble._boosting._data import BoostingData
from sklearn_mtl.ensemble._boosting._settings import BoostingSettings

Split = tuple[np.ndarray, np.ndarray]


def split_rows(data: BoostingData, settings: BoostingSettings) -> list[Split]:
    """Return for each booster the rows to learn from, and those to hold out.

    Several boosters hold out a fold each, a single one a fraction. There is none where
    the inputs of all rows are the same.
    """
    n_members, fraction = settings.n_members, settings.validation_fraction
    proportions = np.array([fraction, 1 - fraction])
    if n_members > 1:
        proportions = np.full(n_members, 1 / n_members)
    parts = _deal(data, proportions, settings)
    splits = [
        (np.flatnonzero(parts != part), np.flatnonzero(parts == part))
        for part in range(n_members)
    ]
    splits = [split for split in splits if all(map(len, split))]
    if n_members == 1 and not splits:
        raise parameter_error(
            "validation_fraction",
            settings.owner,
            "such that rows are left to learn from and to stop early on",
            f"{fraction!r} for {len(parts)} labelled row(s)",
        )
    return splits


def _deal(
    data: BoostingData, proportions: np.ndarray, settings: BoostingSettings
) -> np.ndarray:
    """Return the part of each row, stratified over the tasks.

    Rows with the same inputs are in the same part, so that what is held out has not
    been learnt, and a row that comes twice is like one that weighs twice as much.
    """
    X = np.ascontiguousarray(data.X)
    keys = X.view(np.dtype((np.void, X.itemsize * X.shape[1]))).ravel()
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    targets = read_targets(data.encoded[first], owner=settings.owner)
    codes = encode_strata(targets, min_count=round(1 / proportions.min()))
    rng = np.random.RandomState(settings.seed)
    return stratify(codes, proportions, rng)[group]
