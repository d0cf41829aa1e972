"""Fit an estimator on some of the columns of Y, as if these were all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.utils import _safe_indexing

from sklearn_mtl._tasks import Targets, Tasks, stack_columns
from sklearn_mtl._validation import list_some
from sklearn_mtl.multioutput._copy_for_task import copy_for_task, copy_for_tasks
from sklearn_mtl.multioutput._fit_one_task import find_weight_keyword, fit_one_task


@dataclass(frozen=True)
class LabelledTable:
    """Inputs and the labels of all tasks; `weights` are None where none were given."""

    X: Any
    targets: Targets
    weights: np.ndarray | None
    tasks: Tasks

    def fit(
        self, estimator: Any, chosen: Sequence[int], rows: np.ndarray | None = None
    ) -> Any:
        """Return a copy of the estimator, fitted on the chosen tasks.

        A single task comes in one dimension, on the rows that have its label; if it has
        one class there, a dummy predicts it. Rows without any label are left out.
        """
        labelled = np.any(self.targets.observed[:, chosen], axis=1)
        if rows is None:
            rows = np.flatnonzero(labelled)
        else:
            rows = rows[labelled[rows]]
        X = self.X
        if len(rows) < len(labelled) or (np.diff(rows) != 1).any():
            X = _safe_indexing(X, rows)
        try:
            if len(chosen) == 1:
                return self._fit_one(estimator, chosen[0], X, rows)
            return self._fit_several(estimator, chosen, X, rows)
        except Exception as error:
            names = list_some(self.tasks.names[t] for t in chosen)
            error.add_note(f"While fitting the task(s) {names}.")
            raise

    def _fit_one(self, estimator: Any, t: int, X: Any, rows: np.ndarray) -> Any:
        labels = self.targets.columns[t][rows]
        classes = self.tasks.classes[t]
        if not len(rows):
            raise ValueError(
                f"There is no label of the task {self.tasks.names[t]!r} to learn from."
            )
        if classes is None or len(np.unique(labels)) > 1:
            copy = copy_for_task(estimator, self.tasks, t)
        else:
            copy = DummyClassifier(strategy="most_frequent")
        weights = None if self.weights is None else self.weights[rows, t]
        every = np.ones(len(rows), dtype=bool)
        return fit_one_task(copy, X, labels, every, weights, self.tasks.names[t])

    def _fit_several(
        self, estimator: Any, chosen: Sequence[int], X: Any, rows: np.ndarray
    ) -> Any:
        copy = copy_for_tasks(estimator, self.tasks, chosen)
        keyword = None if self.weights is None else find_weight_keyword(copy)
        fit_params = {}
        if keyword is not None and self.weights is not None:
            fit_params[keyword] = _narrow_weights(self.weights[rows][:, chosen])
        labels = self.labels(chosen, rows)
        try:
            return copy.fit(X, labels, **fit_params)
        except TypeError as error:
            if labels.dtype != object:
                raise
            # What cannot be sorted.
            raise ValueError(
                f"{type(copy).__name__} cannot be fitted to tasks with missing labels, "
                f"or with labels of different types: {error}"
            ) from error

    def labels(self, chosen: Sequence[int], rows: np.ndarray) -> np.ndarray:
        """Return the labels of some tasks and rows, 1-D for a single task."""
        observed = self.targets.observed[rows][:, chosen]
        columns = [self.targets.columns[t][rows] for t in chosen]
        if observed.all():
            if len(chosen) > 1 and all(
                column.dtype.kind in "biu" for column in columns
            ):
                # Booleans beside numbers; trees take no table of objects for them.
                return np.column_stack(columns)
            return stack_columns(columns, one_dimensional=len(chosen) == 1)
        are_numbers = all(
            column.dtype.kind == "f" or self.tasks.kinds[t] == "regression"
            for t, column in zip(chosen, columns, strict=True)
        )
        if are_numbers:
            table = np.where(observed, np.column_stack(columns), np.nan)
        else:
            table = np.empty(observed.shape, dtype=object)
            for i, column in enumerate(columns):
                table[observed[:, i], i] = column[observed[:, i]].tolist()
        return table[:, 0] if len(chosen) == 1 else table


def _narrow_weights(weights: np.ndarray) -> np.ndarray:
    """Return a weight per row where the labels of every row have the same one."""
    of_row = weights.max(axis=1)
    same = (weights == of_row[:, np.newaxis]) | (weights == 0)
    return of_row if same.all() else weights
