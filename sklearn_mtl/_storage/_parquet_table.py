"""Rows of Parquet files, to be selected and split without being read."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from sklearn_mtl._row_key import drop_columns, read_rows
from sklearn_mtl._storage._parquet_columns import to_frame
from sklearn_mtl._storage._parquet_files import OWNER, ParquetFiles, find_files
from sklearn_mtl._storage._table import MEMORY_BUDGET, split_by_block, takes_all
from sklearn_mtl._validation import did_you_mean, list_some, parameter_error

# What pandas stores its index as.
_INDEX = "__index_level_"


class ParquetTable:
    """Rows of Parquet files, given as X to networks that do not hold them in memory.

    Rows are selected and split without being read: by :func:`train_test_split
    <sklearn.model_selection.train_test_split>`, ``KFold``, ``cross_val_score``,
    :func:`~sklearn_mtl.model_selection.multitask_train_test_split` and the like. The
    networks of :mod:`sklearn_mtl.neural_network` read them some at a time, ahead of
    the training step. All other estimators are to be given ``table.read()``.

    Parameters
    ----------
    path : str, path or sequence of these
        A file, a folder, of which all files ``*.parquet`` are taken, also in folders
        inside it, or a pattern such as ``"data/2024-*.parquet"``. Files come in the
        order of their names, in a sequence as they are given. They must have the same
        columns.
    features : sequence of str, default=None
        The columns to learn from. None for all that are not `tasks`.
    tasks : str or sequence of str, default=()
        The columns of the labels, which `targets` returns.
    memory_budget : int, default=536870912
        Bytes of rows that are in memory at once, in training and in prediction. A
        table that takes less than half of it is read whole.

    Attributes
    ----------
    shape : tuple of int
        The number of rows and of features.
    ndim : int
        Always 2.
    features : tuple of str
        The columns to learn from.
    tasks : tuple of str
        The columns of the labels.
    paths : tuple of str
        The files.
    memory_budget : int
        Bytes of rows that are in memory at once.

    Raises
    ------
    ValueError
        If there are no files or no rows, files have different columns, a column is not
        there, or it holds neither numbers nor strings.
    ImportError
        If pyarrow is missing, which the extra ``parquet`` brings.

    See Also
    --------
    predict_to_parquet : Predict rows that are larger than memory.

    Notes
    -----
    Columns of numbers and truth values are features as they are; strings and
    dictionaries, as pandas writes categories, are categorical. Missing values may be
    null or NaN.

    An epoch of training goes through the row groups in random order. So many as fit in
    a quarter of `memory_budget` make a window, and its rows are shuffled: batches are
    of rows that are near each other in the files, or in a few other places. Shuffle
    rows before they are written if their order says something about the labels.
    Larger row groups than an eighth of `memory_budget` are read in pieces. The same
    `random_state` gives the same batches.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_mtl.datasets import ParquetTable
    >>> folder = tempfile.TemporaryDirectory()
    >>> frame = pd.DataFrame({"age": [31, 25, 47, 62], "city": list("abca")})
    >>> frame["buys"], frame["spends"] = [1, 0, 1, None], [3.5, None, 7.0, 1.0]
    >>> frame.to_parquet(Path(folder.name, "part-0.parquet"))
    >>> X = ParquetTable(folder.name, tasks=["buys", "spends"])
    >>> X
    ParquetTable of 4 rows in 1 file: 1 number, 1 category; tasks 'buys', 'spends'
    >>> X_train, X_test = train_test_split(X, test_size=1, random_state=0)
    >>> X_test.targets()
       buys  spends
    0   1.0     7.0
    >>> X[[1, 0]].read()
       age city
    0   25    b
    1   31    a
    >>> folder.cleanup()
    """

    ndim = 2

    def __init__(
        self,
        path: Any,
        *,
        features: Sequence[str] | None = None,
        tasks: str | Sequence[str] = (),
        memory_budget: int = MEMORY_BUDGET,
    ) -> None:
        validate_parameter_constraints(
            {"memory_budget": [Interval(Integral, 1, None, closed="left")]},
            {"memory_budget": memory_budget},
            OWNER,
        )
        self.files: ParquetFiles = find_files(path)
        self.memory_budget = memory_budget
        self.tasks = _read_names(tasks, "tasks", self.files)
        if features is None:
            features = [
                name
                for name in self.files.kinds
                if name not in self.tasks and not name.startswith(_INDEX)
            ]
        self.features = _read_names(features, "features", self.files)
        self._check_columns()
        self._rows: np.ndarray | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The files."""
        return self.files.paths

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows and of features."""
        return len(self), len(self.features)

    @property
    def rows(self) -> np.ndarray | None:
        """The rows of the files that are selected, None for all of them."""
        return self._rows

    def __len__(self) -> int:
        return self.files.n_rows if self._rows is None else len(self._rows)

    def __repr__(self) -> str:
        kinds = [self.files.kinds[name] for name in self.features]
        numbers, categories = kinds.count("number"), kinds.count("category")
        described = [
            _count(len(self), "row") + f" in {_count(len(self.paths), 'file')}: "
            f"{_count(numbers, 'number')}, {_count(categories, 'category')}"
        ]
        if self.tasks:
            described.append(f"tasks {list_some(self.tasks)}")
        return f"{OWNER} of {'; '.join(described)}"

    def __getitem__(self, key: Any) -> "ParquetTable":
        if isinstance(key, tuple):
            key = drop_columns(key, OWNER)
        if isinstance(key, Integral) and not isinstance(key, (bool, np.bool_)):
            key = [key]
        selected = np.atleast_1d(read_rows(key, len(self), OWNER))
        if self._rows is not None:
            selected = self._rows[selected]
        chosen = object.__new__(type(self))
        chosen.__dict__.update(self.__dict__, _rows=selected)
        return chosen

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Raise: what takes an array is to be given rows that were read."""
        raise TypeError(
            f"{self!r} is no array. Read its rows with .read(), if memory allows it."
        )

    def take(self, indices: Any, axis: int = 0) -> "ParquetTable":
        """Return the rows of these numbers.

        Parameters
        ----------
        indices : array-like of int
            The rows; negative ones count from the end.
        axis : int, default=0
            Always 0.

        Returns
        -------
        ParquetTable
            The rows, which are not read.

        Raises
        ------
        ValueError
            If the axis is not 0.
        """
        if axis != 0:
            raise ValueError(
                f"The rows of {OWNER} are along axis 0, got axis={axis!r}."
            )
        return self[np.atleast_1d(np.asarray(indices))]

    def read(self) -> Any:
        """Read the features of all rows that are selected.

        Returns
        -------
        DataFrame of pandas
            The features; strings have a categorical type.
        """
        return to_frame(self._read_columns(self.features), categorical=True)

    def targets(self) -> Any:
        """Read the labels of all rows that are selected.

        Returns
        -------
        DataFrame of pandas
            A column for each task; integers and truth values of which some are missing
            have pandas' nullable types.

        Raises
        ------
        ValueError
            If the table was made without `tasks`.
        """
        if not self.tasks:
            expected = "the columns of the labels, to read these"
            raise parameter_error("tasks", OWNER, expected, "none")
        return to_frame(self._read_columns(self.tasks), categorical=False)

    def _read_columns(self, names: Sequence[str]) -> Any:
        """Return columns of the selected rows as an Arrow table."""
        import pyarrow as pa

        files = self.files
        every = np.arange(files.n_rows) if self._rows is None else self._rows
        is_sorted = bool(np.all(np.diff(every) >= 0))
        order = None if is_sorted else np.argsort(every, kind="stable")
        stored = every if order is None else every[order]
        number, opened, parts = 0, files.open(0), []
        for group, local in split_by_block(stored, files.bounds):
            file, place = files.places[group].tolist()
            if file != number:
                number, opened = file, files.open(file)
            part = opened.read_row_group(place, columns=list(names))
            is_whole = takes_all(local, part.num_rows)
            parts.append(part if is_whole else part.take(local))
        if not parts:
            parts = [opened.schema_arrow.empty_table()]
        table = pa.concat_tables(
            [part.select(names) for part in parts], promote_options="permissive"
        )
        if order is None:
            return table
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return table.take(back)

    def _check_columns(self) -> None:
        both = [name for name in self.features if name in self.tasks]
        if both:
            expected = "other columns than the tasks"
            raise parameter_error("features", OWNER, expected, list_some(both))
        if not self.features:
            expected = "at least 1 column"
            raise parameter_error("features", OWNER, expected, "none")
        for name in self.features:
            if self.files.kinds[name] == "other":
                schema = self.files.open(0).schema_arrow
                expected = "columns of numbers or strings"
                got = f"{name!r} of type {schema.field(name).type}"
                raise parameter_error("features", OWNER, expected, got)


def _read_names(given: Any, name: str, files: ParquetFiles) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    for column in names:
        if column not in files.kinds:
            expected = f"columns of the files ({list_some(files.kinds)})"
            got = f"{column!r}{did_you_mean(column, files.kinds)}"
            raise parameter_error(name, OWNER, expected, got)
    if len(set(names)) < len(names):
        raise parameter_error(name, OWNER, "unique names", list_some(names))
    return names


def _count(n: int, what: str) -> str:
    plural = what[:-1] + "ies" if what.endswith("y") else what + "s"
    return f"{n} {what if n == 1 else plural}"
