"""What the functions of this package are given, read and checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import indexable

from sklearn_mtl._tasks import Targets, Tasks, infer_kind, read_targets
from sklearn_mtl._validation import check_sample_weight, parameter_error
from sklearn_mtl.model_selection._compare._fit_and_score import resolve_metrics
from sklearn_mtl.model_selection._compare._missing_labels import check_missing_labels
from sklearn_mtl.model_selection._k_fold import MultiTaskKFold
from sklearn_mtl.multioutput._find_kinds import find_kinds
from sklearn_mtl.multioutput._fit_one_task import find_weight_keyword
from sklearn_mtl.multioutput._fit_some_tasks import LabelledTable
from sklearn_mtl.neural_network._base import BaseMultiTaskNet


@dataclass(frozen=True)
class Given:
    """An estimator, inputs and labels, as they came and as they were read."""

    estimator: Any
    X: Any
    Y: Any
    sample_weight: Any
    missing_label: Any
    data: LabelledTable
    owner: str

    @property
    def tasks(self) -> Tasks:
        return self.data.tasks

    def folds(self, cv: Any, random_state: Any) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the folds of a splitter, or so many stratified ones, 5 by default."""
        if cv is None or isinstance(cv, Integral):
            cv = MultiTaskKFold(
                5 if cv is None else int(cv),
                random_state=random_state,
                missing_label=self.missing_label,
            )
        return list(check_cv(cv).split(self.X, self.Y))

    def metrics(self, scoring: Any) -> list[Any]:
        """Return the metric of each task."""
        return resolve_metrics(scoring, self.tasks.names, self.tasks.kinds, self.owner)


def read_given(
    estimator: Any, X: Any, Y: Any, sample_weight: Any, missing_label: Any, owner: str
) -> Given:
    """Read the labels of at least two tasks; the estimator may be None."""
    targets = read_targets(Y, missing_label=missing_label, owner=owner, name="Y")
    if targets.n_tasks < 2:
        expected = "a table with at least two tasks, one per column"
        raise parameter_error("Y", owner, expected, "one task")
    if X is not None:
        X, Y = indexable(X, Y)
    weights = None
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight)
        weights = check_sample_weight(sample_weight, targets.observed, owner)
        targets = targets.mask(weights)
    if estimator is not None:
        name = type(estimator).__name__
        check_missing_labels({name: estimator}, targets, missing_label, owner)
        if weights is not None and find_weight_keyword(estimator) is None:
            raise parameter_error(
                "sample_weight",
                owner,
                f"None, as the fit of {name} takes no weights",
                "weights",
            )
    tasks = Tasks.infer(targets, _find_kinds(estimator, targets), owner)
    data = LabelledTable(X, targets, weights, tasks)
    return Given(estimator, X, Y, sample_weight, missing_label, data, owner)


def find_net(estimator: Any) -> BaseMultiTaskNet | None:
    """Return the network that an estimator is, or a pipeline ends with."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator if isinstance(estimator, BaseMultiTaskNet) else None


def read_affinity(affinity: Any, names: Sequence[str], owner: str) -> np.ndarray:
    """Return affinities in the order of the tasks, by name where they are named so."""
    if hasattr(affinity, "columns") and hasattr(affinity, "index"):
        rows, columns = (
            [str(name) for name in axis] for axis in (affinity.index, affinity.columns)
        )
        if sorted(rows) == sorted(columns) == sorted(names):
            places = [rows.index(name) for name in names]
            affinity = affinity.iloc[places, [columns.index(name) for name in names]]
    matrix = np.asarray(affinity, dtype=np.float64)
    if matrix.shape != (len(names), len(names)):
        expected = f"of shape ({len(names)}, {len(names)}), one row per task"
        raise parameter_error("affinity", owner, expected, f"shape {matrix.shape}")
    return matrix


def _find_kinds(estimator: Any, targets: Targets) -> Any:
    if estimator is not None:
        return find_kinds(estimator, targets)
    observed = targets.observed
    return [infer_kind(y, observed[:, t]) for t, y in enumerate(targets.columns)]
