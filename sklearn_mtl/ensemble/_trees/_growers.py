"""Grow the splits that all tasks share."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from sklearn_mtl.ensemble._base import LabelledRows
from sklearn_mtl.ensemble._trees._settings import TreeSettings
from sklearn_mtl.ensemble._trees._structure import (
    make_nodes,
    make_structure,
    without_values,
)

# Scikit-learn's nodes are wasteful if they have so many times the classes that there
# are, and if all nodes of a tree have more numbers than this, 128 MiB.
_WASTEFUL, _LARGE = 4, 2**24


class Grower(ABC):
    """Grows trees on some rows."""

    @abstractmethod
    def grow(self, counts: np.ndarray, seed: int) -> Any:
        """Return the splits of a tree, on the rows as often as these counts say."""


def make_grower(rows: LabelledRows, settings: TreeSettings) -> Grower:
    """Return a grower: scikit-learn's own trees where they have a word for the labels.

    They know of rows that weigh alike in all tasks, and of tasks that weigh alike. All
    tasks have as many classes there as the one with the most.
    """
    rows_weigh = (rows.weights == rows.weights[:, :1]).all()
    tasks_weigh = (rows.task_weights == rows.task_weights[0]).all()
    is_for_others = rows_weigh and tasks_weigh and not _is_wasteful(rows, settings)
    kind = ScikitLearnGrower if is_for_others else MaskedGrower
    return kind(rows, settings)


def _is_wasteful(rows: LabelledRows, settings: TreeSettings) -> bool:
    """Return whether scikit-learn would have large nodes that are mostly empty."""
    n_classes = rows.n_classes
    in_a_node = n_classes.max() * len(n_classes)
    in_a_tree = in_a_node * settings.count_nodes(len(rows.weights))
    return in_a_node > _WASTEFUL * n_classes.sum() and in_a_tree > _LARGE


class ScikitLearnGrower(Grower):
    """Grows scikit-learn's own trees, on labels of which none is missing."""

    def __init__(self, rows: LabelledRows, settings: TreeSettings) -> None:
        is_random = settings.splitter == "random"
        if rows.tasks.are_classification.all():
            self._tree = ExtraTreeClassifier if is_random else DecisionTreeClassifier
        else:
            self._tree = ExtraTreeRegressor if is_random else DecisionTreeRegressor
        self._params = {
            "max_depth": settings.max_depth,
            "max_features": settings.max_features,
            "min_samples_split": settings.min_samples_split,
            "min_samples_leaf": settings.min_samples_leaf,
        }
        self._X = rows.X if isinstance(rows.X, np.ndarray) else rows.X.tocsc()
        self._y = rows.encoded
        self._weights = rows.weights[:, 0]

    def grow(self, counts: np.ndarray, seed: int) -> Any:
        tree = self._tree(**self._params, random_state=seed)
        tree.fit(self._X, self._y, sample_weight=self._weights * counts)
        return without_values(tree.tree_)


class MaskedGrower(Grower):
    """Grows trees on the labels that are there, of any weights."""

    def __init__(self, rows: LabelledRows, settings: TreeSettings) -> None:
        from sklearn_mtl.ensemble._trees import _kernel

        self._kernel = _kernel
        self._columns = _kernel.Columns(*_list_columns(rows.X), rows.X.shape[1])
        self._cells = _kernel.Cells(*_list_cells(rows))
        self._rules = _kernel.Rules(
            settings.max_features,
            settings.max_depth or np.iinfo(np.int64).max,
            settings.min_samples_split,
            settings.min_samples_leaf,
            settings.splitter == "random",
        )

    def grow(self, counts: np.ndarray, seed: int) -> Any:
        cells = self._cells
        per_row = np.diff(cells.starts)
        weights = cells.weights * np.repeat(counts, per_row)
        nodes = self._kernel.grow(
            self._columns,
            cells._replace(weights=weights),
            np.flatnonzero(counts),
            self._rules,
            np.random.default_rng(seed),
        )
        fields = make_nodes(
            nodes.left,
            nodes.right,
            nodes.feature,
            nodes.threshold,
            nodes.missing_left,
            nodes.end - nodes.start,
        )
        return make_structure(self._columns.n_features, fields, int(nodes.depth.max()))


def _list_columns(X: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the values of a table by column, their rows, and where columns start."""
    if isinstance(X, np.ndarray):
        return X.ravel(order="F"), np.empty(0, np.int32), np.empty(0, np.int32)
    X = X.tocsc()
    X.sort_indices()
    return X.data, X.indices, X.indptr


def _list_cells(rows: LabelledRows) -> tuple[np.ndarray, ...]:
    """Return the labels row by row, their tasks, columns, values and weights."""
    row, task = np.nonzero(rows.weights)
    labels = rows.encoded[row, task]
    firsts = np.r_[0, np.cumsum(rows.n_classes)]
    is_class = rows.tasks.are_classification[task]
    columns = firsts[task] + np.where(is_class, labels, 0).astype(np.intp)
    values = np.where(is_class, 1.0, labels)
    weights = rows.weights[row, task]
    starts = np.searchsorted(row, np.arange(len(rows.weights) + 1))
    return (
        starts,
        task,
        columns,
        values,
        weights,
        firsts,
        rows.task_weights,
    )
