from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn_mtl._input_parts import (
    Part,
    check_finite,
    check_names,
    is_sparse,
    read_table,
)
from sklearn_mtl._inputs import Inputs, parts_of
from sklearn_mtl._validation import import_optional, list_some, parameter_error
from sklearn_mtl.datasets._task_labels import read_labels, stack_array, stack_frame

_OWNER = "combine_tasks"


def combine_tasks(tasks: Any, *, as_frame: bool = True) -> tuple[Inputs, Any]:
    """Make one X and one Y of data sets that differ in size and kind.

    The rows of the data sets follow each other. A row has the inputs and the labels of
    its own data set; the labels of the other tasks are missing. Nothing is copied or
    padded: each table keeps its shape and its dtype, and one that is mapped to a file
    stays there.

    Parameters
    ----------
    tasks : dict of str to tuple (X, y)
        The data set of each task. `X` is one of

        - a table of at least two dimensions: an ndarray (also a memory-mapped one),
          sparse matrix, tensor, data frame of numbers or nested list. Its input is
          named after the task.
        - a dict from names of inputs to tables of the same length, for rows with
          several inputs. Tasks that use a name for different tables share one input,
          hence one encoder; the rows must be of the same shape.
        - an :class:`Inputs`.

        Tasks that are given the very same object as `X` share its rows, which then have
        a label for each of these tasks; the input is named after the first of them.

        `y` holds the labels, of shape (n_samples,). Labels may be missing (NaN, None or
        pd.NA).
    as_frame : bool, default=True
        Return `Y` as a pandas DataFrame, in which integers stay integers beside missing
        labels.

    Returns
    -------
    X : Inputs
        The rows of all data sets.
    Y : {DataFrame, ndarray} of shape (n_samples, n_tasks)
        The labels, one column per task in the given order. In a frame, integers and
        booleans are of the nullable dtype of their width, floats stay floats and other
        labels are objects. An array is of floats if all labels are numbers or booleans,
        else of objects.

    Raises
    ------
    ImportError
        If `as_frame=True` and pandas is not installed.
    ValueError
        If there is no task, a task has no input, its `X` and `y` differ in length, `y`
        is not 1-D, or the tables of an input have rows of different shapes or hold
        numbers that are not finite. Tables on disk are not read, so not searched for
        NaN.

    See Also
    --------
    combine_inputs : Put several tables about the same rows together.
    targets_from_long : The same for one table, where each row belongs to a task.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.datasets import combine_tasks
    >>> images, sounds = np.zeros((3, 8, 8), dtype="uint8"), np.zeros((2, 40, 32))
    >>> X, Y = combine_tasks(
    ...     {
    ...         "digit": (images, [7, 2, 1]),
    ...         "word": (sounds, ["seven", "two"]),
    ...         "is_odd": (images, [True, False, True]),
    ...     }
    ... )
    >>> X
    Inputs of 5 rows: digit (8, 8) uint8 in 3, word (40, 32) float64 in 2
    >>> Y
       digit   word  is_odd
    0      7   None    True
    1      2   None   False
    2      1   None    True
    3   <NA>  seven    <NA>
    4   <NA>    two    <NA>
    """
    _check_tasks(tasks)
    if as_frame:
        import_optional("pandas", "pandas", f"{_OWNER} with as_frame=True")
    blocks: list[_Block] = []
    columns = {}
    for key, (X, y) in tasks.items():
        task = str(key)
        block = _find_block(X, task, blocks)
        columns[task] = read_labels(y, task, block.n_rows, block.start, _OWNER)
    n_rows = blocks[-1].start + blocks[-1].n_rows
    stack = stack_frame if as_frame else stack_array
    return Inputs(_join(blocks), n_rows), stack(columns, n_rows)


def _check_tasks(tasks: Any) -> None:
    check_names(tasks, "tasks", "a dict from task name to (X, y)", _OWNER)
    for task, pair in tasks.items():
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            got = type(pair).__name__
            if isinstance(pair, (tuple, list)):
                got += f" of length {len(pair)}"
            raise parameter_error(f"tasks[{task!r}]", _OWNER, "a pair (X, y)", got)


@dataclass(frozen=True)
class _Block:
    """The rows of a data set, and what the tasks that share them are given."""

    source: Inputs | dict[str, Any]
    parts: Mapping[str, Sequence[Part]]
    start: int
    n_rows: int

    def is_of(self, X: Any) -> bool:
        if not isinstance(self.source, dict):
            return self.source is X
        if _has_names(X):
            return self.source.keys() == X.keys() and all(
                self.source[name] is X[name] for name in X
            )
        return [id(table) for table in self.source.values()] == [id(X)]


def _find_block(X: Any, task: str, blocks: list[_Block]) -> _Block:
    """Return the rows of a data set, which are new ones unless its X was met before."""
    for block in blocks:
        if block.is_of(X):
            return block
    start = blocks[-1].start + blocks[-1].n_rows if blocks else 0
    if isinstance(X, Inputs):
        block = _Block(X, parts_of(X, start), start, len(X))
    else:
        tables = _read_tables(X, task)
        source = dict(X) if _has_names(X) else {task: X}
        parts = {name: [Part(table, start)] for name, table in tables.items()}
        block = _Block(source, parts, start, next(iter(tables.values())).shape[0])
    blocks.append(block)
    return block


def _has_names(X: Any) -> bool:
    """Return whether X is a dict of tables; a sparse matrix may be a dict, too."""
    return isinstance(X, Mapping) and not is_sparse(X)


def _read_tables(X: Any, task: str) -> dict[str, Any]:
    """Return the table of each input of a task, all of the same length."""
    at = f"tasks[{task!r}][0]"
    if X is None:
        expected = "an input: a table, a dict of tables or an Inputs"
        raise parameter_error(at, _OWNER, expected, "None")
    if not _has_names(X):
        return {task: _read_finite(X, at)}
    check_names(X, at, "an input: a table, a dict of tables or an Inputs", _OWNER)
    tables = {
        str(name): _read_finite(table, f"{at}[{str(name)!r}]")
        for name, table in X.items()
    }
    (first, table), *others = tables.items()
    for name, other in others:
        if other.shape[0] != table.shape[0]:
            raise parameter_error(
                f"{at}[{name!r}]",
                _OWNER,
                f"of length {table.shape[0]}, as {at}[{first!r}] is",
                f"length {other.shape[0]}",
            )
    return tables


def _read_finite(table: Any, place: str) -> Any:
    table = read_table(table, place, _OWNER)
    check_finite(table, place, _OWNER)
    return table


def _join(blocks: Sequence[_Block]) -> dict[str, list[Part]]:
    """Return the parts of each input, of all data sets; their rows must be alike."""
    joined: dict[str, list[Part]] = {}
    for block in blocks:
        for name, parts in block.parts.items():
            joined.setdefault(name, []).extend(parts)
    for name, parts in joined.items():
        shapes = list(dict.fromkeys(part.row_shape for part in parts))
        if len(shapes) > 1:
            raise parameter_error(
                "tasks",
                _OWNER,
                f"such that the rows of the input {name!r} are of one shape (name "
                "inputs apart that differ)",
                list_some(shapes),
            )
    return joined
