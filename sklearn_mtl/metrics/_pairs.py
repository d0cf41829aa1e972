"""Labels beside the predictions for them, task by task, in every spelling of both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklearn_mtl._tasks import Targets, find_order, read_targets
from sklearn_mtl._validation import (
    check_classes,
    check_sample_weight,
    list_some,
    parameter_error,
)


@dataclass(frozen=True)
class Table:
    """One column per task, of labels with their weights or of predictions.

    A column is of shape (n_samples,), or (n_samples, n_classes) for probabilities.
    """

    names: tuple[str, ...]
    named: bool
    columns: list[np.ndarray]
    present: np.ndarray
    weights: np.ndarray | None = None

    @property
    def n_tasks(self) -> int:
        return len(self.columns)

    def reorder(self, names: tuple[str, ...], parameter: str, owner: str) -> "Table":
        """Return the tasks in the order of the names, by position if they have none."""
        if not self.named or names == self.names:
            return replace(self, names=names)
        order = find_order(self.names, names, parameter, owner)
        return replace(
            self,
            names=names,
            columns=[self.columns[t] for t in order],
            present=self.present[:, order],
            weights=None if self.weights is None else self.weights[:, order],
        )


@dataclass(frozen=True)
class Pair:
    """The labels of one task that are there, and what was predicted for them."""

    task: str
    y_true: np.ndarray
    y_pred: np.ndarray
    sample_weight: np.ndarray | None
    classes: np.ndarray | None
    owner: str


@dataclass(frozen=True)
class Pairs:
    """The labels and predictions of all tasks, in the same order."""

    labels: Table
    predictions: Table
    classes: list[np.ndarray | None]
    owner: str

    @property
    def names(self) -> tuple[str, ...]:
        return self.labels.names

    @property
    def support(self) -> np.ndarray:
        """The number of labels of each task, or their total weight."""
        weights = self.labels.weights
        return (self.labels.present if weights is None else weights).sum(axis=0)

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Pair]:
        return (self[t] for t in range(len(self)))

    def __getitem__(self, t: int) -> Pair:
        rows = self.labels.present[:, t]
        weights = self.labels.weights
        if not self.predictions.present[rows, t].all():
            raise parameter_error(
                "Y_pred",
                self.owner,
                "a table with a prediction wherever there is a label",
                f"missing values for the task {self.names[t]!r}",
            )
        return Pair(
            task=self.names[t],
            y_true=self.labels.columns[t][rows],
            y_pred=self.predictions.columns[t][rows],
            sample_weight=None if weights is None else weights[rows, t],
            classes=self.classes[t],
            owner=self.owner,
        )


def read_labels(
    Y_true: Any, sample_weight: Any, missing_label: Any, owner: str
) -> Table:
    """Read the labels; those of weight 0 are missing."""
    targets = read_targets(
        Y_true, missing_label=missing_label, owner=owner, name="Y_true"
    )
    if sample_weight is None:
        return _as_table(targets)
    weights = check_sample_weight(sample_weight, targets.observed, owner)
    return replace(_as_table(targets.mask(weights)), weights=weights)


def pair_up(
    labels: Table,
    Y_pred: Any,
    *,
    probabilities: bool = False,
    classes: Any = None,
    task_names: Sequence[Any] | None = None,
    owner: str,
) -> Pairs:
    """Put predictions beside labels: by the names of the tasks, else by position."""
    predictions = _read_predictions(Y_pred, labels.present.shape, probabilities, owner)
    names = labels.names
    if task_names is not None:
        names = _check_names(task_names, labels.n_tasks, owner)
    elif predictions.named and not labels.named:
        names = predictions.names
    return Pairs(
        labels=labels.reorder(names, "Y_true", owner),
        predictions=predictions.reorder(names, "Y_pred", owner),
        classes=check_classes(classes, labels.n_tasks, owner),
        owner=owner,
    )


def _as_table(targets: Targets) -> Table:
    return Table(targets.names, targets.named, targets.columns, targets.observed)


def _check_names(names: Sequence[Any], n_tasks: int, owner: str) -> tuple[str, ...]:
    names = tuple(str(name) for name in names)
    if len(set(names)) < len(names) or len(names) != n_tasks:
        expected = f"{n_tasks} different names, one per task"
        raise parameter_error("task_names", owner, expected, list_some(names))
    return names


def _read_predictions(
    Y_pred: Any, shape: tuple[int, ...], probabilities: bool, owner: str
) -> Table:
    """Read predicted labels, or probabilities in any spelling of `predict_proba`.

    These are one array (n_samples, n_classes) per task, or one array (n_samples,
    n_tasks) with the probability of the second class of each task.
    """
    n_samples, n_tasks = shape
    if probabilities and isinstance(Y_pred, list):
        # A net of both kinds has no probabilities of a quantity.
        none = np.full((n_samples, 1), np.nan)
        Y_pred = [none if column is None else column for column in Y_pred]
    if not probabilities and _is_one_array_per_task(Y_pred):
        expected = (
            f"predictions of shape {shape} unless response_method='predict_proba'"
        )
        raise parameter_error("Y_pred", owner, expected, "one array per task")
    if probabilities and _is_one_array_per_task(Y_pred):
        table = Table((), False, [np.asarray(column) for column in Y_pred], np.empty(0))
    else:
        table = _as_table(read_targets(Y_pred, owner=owner, name="Y_pred"))
        if probabilities and n_tasks == 1 < table.n_tasks:
            columns = [np.column_stack(table.columns)]
            table = replace(table, named=False, columns=columns)
    lengths = {len(column) for column in table.columns}
    if table.n_tasks != n_tasks or lengths != {n_samples}:
        expected = f"an array of shape ({n_samples}, {n_tasks}) like Y_true"
        if probabilities:
            expected += f", or {n_tasks} arrays of shape ({n_samples}, n_classes)"
        got = f"{table.n_tasks} task(s) of {list_some(sorted(lengths))} sample(s)"
        raise parameter_error("Y_pred", owner, expected, got)
    if table.columns[0].ndim == 1:
        return table
    present = [~np.isnan(column).any(axis=1) for column in table.columns]
    return replace(table, present=np.column_stack(present))


def _is_one_array_per_task(Y_pred: Any) -> bool:
    sequence = isinstance(Y_pred, (list, tuple, np.ndarray))
    return sequence and len(Y_pred) > 0 and np.ndim(Y_pred[0]) == 2
