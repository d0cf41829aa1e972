"""Splits of a table, with the labels of classes numbered anew for each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit

from _tables.data_sets import Table
from sklearn_mtl.model_selection import multitask_train_test_split

TEST_SIZE = 0.3


@dataclass(frozen=True)
class Parts:
    """The two sides of a split."""

    X: Any
    Y: pd.DataFrame
    X_test: Any
    Y_test: pd.DataFrame


def split(table: Table, seed: int, *, classes: bool, full: bool = False) -> Parts:
    """Return 70 % of the rows to train on and 30 % to test on, if not too many."""
    max_rows = None if full else table.max_rows
    if table.groups is None:
        parts = _split_rows(table, seed, max_rows)
    else:
        parts = _split_groups(table, seed, max_rows)
    return _number_classes(parts) if classes else parts


def _split_rows(table: Table, seed: int, max_rows: int | None) -> Parts:
    n = len(table.Y)
    n_test = round(TEST_SIZE * n)
    X, X_test, Y, Y_test = multitask_train_test_split(
        table.X,
        table.Y,
        train_size=min(n - n_test, max_rows or n),
        test_size=min(n_test, max_rows or n),
        random_state=seed,
    )
    return Parts(X, Y, X_test, Y_test)


def _split_groups(table: Table, seed: int, max_rows: int | None) -> Parts:
    splitter = GroupShuffleSplit(1, test_size=TEST_SIZE, random_state=seed)
    rng = np.random.RandomState(seed)
    train, test = (
        rng.permutation(rows)[:max_rows]
        for rows in next(splitter.split(table.X, groups=table.groups))
    )
    Y = table.Y
    return Parts(table.X[train], Y.iloc[train], table.X[test], Y.iloc[test])


def _number_classes(parts: Parts) -> Parts:
    """Number the classes of each task in the training part from 0.

    A class that is not there is a missing label in the test part: nothing could know
    it.
    """
    Y, Y_test = parts.Y.copy(), parts.Y_test.copy()
    for task in Y:
        classes = np.unique(Y[task].dropna())
        codes = pd.Series(np.arange(len(classes), dtype=float), index=classes)
        Y[task], Y_test[task] = Y[task].map(codes), Y_test[task].map(codes)
    return Parts(parts.X, Y, parts.X_test, Y_test)
