"""What the columns of Y are: kind, classes, missing labels; encoding and decoding.

The one place that understands labels: every estimator, metric and splitter reads Y
with `read_targets`, learns its tasks with `Tasks.infer`, and turns labels into numbers
and back with `Tasks.encode` and `Tasks.decode`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from scipy import sparse

from sklearn_mtl._validation import (
    check_classes,
    did_you_mean,
    list_some,
    parameter_error,
)

Kind = Literal["classification", "regression"]

# More distinct integers than this are read as a quantity, not as classes.
_MAX_INFERRED_CLASSES = 50


@dataclass(frozen=True)
class Targets:
    """The columns of Y, cleaned.

    Where `observed` is False, the entry of the column is arbitrary.
    """

    names: tuple[str, ...]
    columns: list[np.ndarray]
    observed: np.ndarray
    one_dimensional: bool
    named: bool

    @property
    def n_samples(self) -> int:
        return self.observed.shape[0]

    @property
    def n_tasks(self) -> int:
        return self.observed.shape[1]

    def mask(self, weight: np.ndarray) -> "Targets":
        """Return the targets with the labels of weight 0 missing."""
        return replace(self, observed=self.observed & (weight > 0))


def read_targets(
    Y: Any, *, missing_label: Any = np.nan, owner: str, name: str = "y"
) -> Targets:
    """Read the labels: 1-D for one task, 2-D (n_samples, n_tasks) for several.

    NaN, None, pd.NA and NaT are missing labels, and so is `missing_label`.
    """
    raw, names, one_dimensional = _split_columns(Y, owner, name)
    named = names is not None
    if names is None:
        names = [f"task{t}" for t in range(len(raw))]
    if not raw or not len(raw[0]):
        raise parameter_error(
            name,
            owner,
            "a table with at least 1 row and 1 column",
            f"{len(raw[0]) if raw else 0} sample(s) and {len(raw)} task(s)",
        )
    cleaned = [
        _clean_column(column, missing_label, task, owner)
        for column, task in zip(raw, names, strict=True)
    ]
    return Targets(
        names=tuple(names),
        columns=[column for column, _ in cleaned],
        observed=np.column_stack([observed for _, observed in cleaned]),
        one_dimensional=one_dimensional,
        named=named,
    )


def _split_columns(
    Y: Any, owner: str, name: str
) -> tuple[list[np.ndarray], list[str] | None, bool]:
    if Y is None:
        raise ValueError(f"{owner} requires y to be passed, but the target y is None.")
    if sparse.issparse(Y):
        raise parameter_error(
            name, owner, "a dense array (use .toarray())", "a sparse matrix"
        )
    if hasattr(Y, "columns") and hasattr(Y, "to_numpy"):
        names = [str(column) for column in Y.columns]
        if len(set(names)) < len(names):
            raise parameter_error(
                name, owner, "a table with unique task names", list_some(names)
            )
        return [_as_array(Y[column]) for column in Y.columns], names, False
    array = _as_array(Y)
    if array.ndim == 1 and not any(_is_row(y) for y in array[:1]):
        return [array], None, True
    if array.ndim != 2:
        raise parameter_error(
            name,
            owner,
            "1-D (one task) or 2-D of shape (n_samples, n_tasks)",
            "rows of different lengths" if array.ndim == 1 else f"{array.ndim}-D",
        )
    return list(array.T), None, False


def _is_row(y: Any) -> bool:
    return isinstance(y, (list, tuple)) or np.ndim(y) > 0


def _as_array(Y: Any) -> np.ndarray:
    if isinstance(Y, np.ma.MaskedArray):
        array = np.array(Y, dtype=object)
        array[np.ma.getmaskarray(Y)] = None
        return array
    if isinstance(Y, (list, tuple)):
        try:
            # As objects, so that a column of numbers beside a column of strings
            # stays a column of numbers.
            return np.array(Y, dtype=object)
        except ValueError:
            return np.array([list(row) for row in Y] + [None], dtype=object)[:-1]
    if hasattr(Y, "detach"):
        Y = Y.detach().cpu()
    if not hasattr(Y, "to_numpy"):
        return np.asarray(Y)
    array = Y.to_numpy()
    if array.dtype.kind == "f" and _holds_integers(Y):
        # A nullable column of integers became floats; its classes stay integers.
        return np.array(list(Y), dtype=object)
    return array


def _holds_integers(series: Any) -> bool:
    dtype = getattr(series.dtype, "categories", series).dtype
    if hasattr(dtype, "is_integer"):
        return dtype.is_integer()
    return getattr(dtype, "kind", None) in {"i", "u"}


def _clean_column(
    column: np.ndarray, missing_label: Any, task: str, owner: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the column in the dtype of its labels, and where there are labels."""
    if column.dtype.kind == "T":
        column = column.astype(object)
    kind = column.dtype.kind
    if kind == "c":
        raise ValueError(
            f"Complex data not supported: the task {task!r} given to {owner}."
        )
    if kind == "O":
        observed = np.fromiter((not is_missing(y) for y in column), bool, len(column))
        if _is_sentinel(missing_label):
            given = [_equals(y, missing_label) for y in column[observed]]
            observed[observed] = np.logical_not(given)
        return _narrow(column, observed, task, owner), observed
    if kind in "fmM":
        observed = ~(np.isnan(column) if kind == "f" else np.isnat(column))
    else:
        observed = np.ones(len(column), dtype=bool)
    if _is_sentinel(missing_label) and _same_sort(column, missing_label):
        observed &= column != missing_label
    return column, observed


def is_missing(label: Any) -> bool:
    if label is None:
        return True
    equal = label == label
    # pd.NA compares to pd.NA; NaN and NaT are not equal to themselves.
    return not isinstance(equal, (bool, np.bool_)) or not equal


def _is_sentinel(missing_label: Any) -> bool:
    return not is_missing(missing_label)


def _equals(label: Any, missing_label: Any) -> bool:
    if isinstance(label, (bool, np.bool_)) != isinstance(
        missing_label, (bool, np.bool_)
    ):
        return False
    return label is missing_label or bool(label == missing_label)


def _same_sort(column: np.ndarray, missing_label: Any) -> bool:
    kind = column.dtype.kind
    if isinstance(missing_label, (bool, np.bool_)):
        return kind == "b"
    if isinstance(missing_label, Real):
        return kind in "iuf"
    return kind == "U" if isinstance(missing_label, str) else kind not in "biufU"


def _narrow(
    column: np.ndarray, observed: np.ndarray, task: str, owner: str
) -> np.ndarray:
    """Turn a column of objects into numbers or booleans when that is what it holds."""
    types = {type(label) for label in column[observed]}
    dtype: type
    if not types:
        dtype = np.float64
    elif all(issubclass(t, (bool, np.bool_)) for t in types):
        dtype = np.bool_
    elif all(issubclass(t, (Integral, np.bool_)) for t in types):
        dtype = np.int64
    elif all(issubclass(t, (Real, np.bool_)) for t in types):
        dtype = np.float64
    elif len(types) > 1 and not all(issubclass(t, str) for t in types):
        raise ValueError(
            f"The labels of task {task!r} given to {owner} must be of one type, got "
            f"{', '.join(sorted(t.__name__ for t in types))}."
        )
    else:
        return column
    narrowed = np.zeros(len(column), dtype=dtype)
    narrowed[observed] = column[observed]
    return narrowed


def infer_kind(column: np.ndarray, observed: np.ndarray) -> Kind:
    """Return what a column holds: fractions or many numbers are a quantity."""
    if column.dtype.kind not in "iuf":
        return "classification"
    labels = column[observed]
    if column.dtype.kind == "f" and (labels != np.floor(labels)).any():
        return "regression"
    many = len(np.unique(labels)) > _MAX_INFERRED_CLASSES
    return "regression" if many else "classification"


@dataclass(frozen=True)
class Tasks:
    """The tasks an estimator was fitted on: names, kinds and classes.

    The classes of a regression task are None.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    classes: tuple[np.ndarray | None, ...]
    one_dimensional: bool
    named: bool

    @classmethod
    def infer(
        cls,
        targets: Targets,
        kinds: Kind | Sequence[Kind],
        owner: str,
        classes: Sequence[Any] | None = None,
    ) -> "Tasks":
        """Learn the tasks from their observed labels.

        With `classes`, one sequence per task, a task needs no label.
        """
        if isinstance(kinds, str):
            kinds = [kinds] * targets.n_tasks
        if classes is None:
            _check_all_labelled(targets, owner)
        classes = check_classes(classes, targets.n_tasks, owner)
        found: list[np.ndarray | None] = []
        for t, (task, kind) in enumerate(zip(targets.names, kinds, strict=True)):
            labels = targets.columns[t][targets.observed[:, t]]
            known = classes[t]
            if kind == "regression":
                _check_quantity(labels, task, owner)
                found.append(None)
            elif known is not None:
                found.append(np.unique(known))
            else:
                found.append(_unique_labels(labels, task, owner))
        return cls(
            names=targets.names,
            kinds=tuple(kinds),
            classes=tuple(found),
            one_dimensional=targets.one_dimensional,
            named=targets.named,
        )

    @property
    def n_tasks(self) -> int:
        return len(self.names)

    @property
    def are_classification(self) -> np.ndarray:
        return np.array([kind == "classification" for kind in self.kinds])

    def order(self, targets: Targets, owner: str) -> list[int]:
        """Return where each task is among the columns of the targets."""
        if targets.n_tasks != self.n_tasks:
            raise parameter_error(
                "y",
                owner,
                f"a table of {self.n_tasks} task(s) ({list_some(self.names)}) as in "
                "fit",
                f"{targets.n_tasks} task(s)",
            )
        if not (self.named and targets.named):
            return list(range(self.n_tasks))
        return find_order(targets.names, self.names, "y", owner)

    def align(self, targets: Targets, owner: str) -> Targets:
        """Return the targets with their columns in the order of the tasks."""
        order = self.order(targets, owner)
        return replace(
            targets,
            names=self.names,
            columns=[targets.columns[t] for t in order],
            observed=targets.observed[:, order],
        )

    def encode(self, targets: Targets, owner: str) -> np.ndarray:
        """Return class codes and quantities as floats (n, n_tasks), NaN if missing."""
        encoded = np.full(targets.observed.shape, np.nan)
        for t, task in enumerate(self.names):
            observed = targets.observed[:, t]
            labels = targets.columns[t][observed]
            classes = self.classes[t]
            if classes is None:
                _check_quantity(labels, task, owner)
                encoded[observed, t] = labels
                continue
            codes = find_codes(classes, labels)
            if (codes < 0).any():
                raise ValueError(
                    f"The labels of task {task!r} given to {owner} must be among its "
                    f"classes ({list_some(classes.tolist())}), got "
                    f"{list_some(np.unique(labels[codes < 0]).tolist())}."
                )
            encoded[observed, t] = codes
        return encoded

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        """Return the labels of class codes, and quantities as they are."""
        if len(encoded) == 1 and all(
            classes is None or classes.dtype.kind in "iuf" for classes in self.classes
        ):
            # One request: an array for every task would cost more than the network.
            row = [
                value if classes is None else classes[int(value)]
                for classes, value in zip(self.classes, encoded[0], strict=True)
            ]
            return np.array(row if self.one_dimensional else [row])
        columns = []
        for t, classes in enumerate(self.classes):
            column = encoded[:, t]
            if classes is not None:
                column = classes[column.astype(np.intp)]
            columns.append(column)
        return stack_columns(columns, self.one_dimensional)


def find_order(
    given: Sequence[str], wanted: Sequence[str], name: str, owner: str
) -> list[int]:
    """Return where each wanted task is among the given ones; raise if they differ."""
    position = {task: t for t, task in enumerate(given)}
    unknown = [task for task in given if task not in wanted]
    if unknown:
        raise parameter_error(
            name,
            owner,
            f"a table whose columns are the tasks {list_some(wanted)}",
            f"the column {unknown[0]!r}{did_you_mean(unknown[0], wanted)}",
        )
    return [position[task] for task in wanted]


def _check_all_labelled(targets: Targets, owner: str) -> None:
    unlabelled = ~targets.observed.any(axis=0)
    if unlabelled.any():
        tasks = [targets.names[t] for t in np.flatnonzero(unlabelled)]
        raise ValueError(
            f"Every task given to {owner} must have at least one label with a weight "
            f"above zero, got none for {list_some(tasks)}."
        )


def _check_finite(labels: np.ndarray, task: str, owner: str) -> None:
    if labels.dtype.kind == "f" and np.isinf(labels).any():
        raise ValueError(
            f"Input y contains infinity: the labels of task {task!r} given to {owner} "
            "must be finite or missing."
        )


def _check_quantity(labels: np.ndarray, task: str, owner: str) -> None:
    if labels.dtype.kind not in "biuf":
        raise ValueError(
            f"The task {task!r} given to {owner} must hold numbers for regression, got "
            f"labels such as {labels[0]!r}."
        )
    _check_finite(labels, task, owner)


def _unique_labels(labels: np.ndarray, task: str, owner: str) -> np.ndarray:
    _check_finite(labels, task, owner)
    if labels.dtype.kind == "f" and (labels != np.floor(labels)).any():
        raise ValueError(
            f"Unknown label type: continuous. The task {task!r} given to {owner} must "
            "hold classes; use a regressor, or MultiTaskNet for columns of both kinds."
        )
    try:
        return np.unique(labels)
    except TypeError:
        raise ValueError(
            f"The labels of task {task!r} given to {owner} must be of a type that can "
            f"be sorted, got {type(labels[0]).__name__}."
        ) from None


def find_codes(classes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the position of each label in the sorted classes, -1 if it has none."""
    if not len(labels) or not len(classes):
        return np.full(len(labels), -1, dtype=np.intp)
    numeric = [array.dtype.kind in "biuf" for array in (classes, labels)]
    if all(numeric) or classes.dtype.kind == labels.dtype.kind == "U":
        codes = np.searchsorted(classes, labels)
        codes[codes == len(classes)] = 0
        return np.where(classes[codes] == labels, codes, -1)
    position = {label: code for code, label in enumerate(classes.tolist())}
    return np.array([position.get(label, -1) for label in labels.tolist()], np.intp)


def stack_columns(columns: list[np.ndarray], one_dimensional: bool) -> np.ndarray:
    """Return columns as one array: numeric when all are, else of objects."""
    if one_dimensional:
        return columns[0]
    dtypes = {column.dtype.kind for column in columns}
    if dtypes <= set("iuf") or (len(dtypes) == 1 and dtypes <= set("bU")):
        return np.column_stack(columns)
    stacked = np.empty((len(columns[0]), len(columns)), dtype=object)
    for t, column in enumerate(columns):
        stacked[:, t] = column
    return stacked
