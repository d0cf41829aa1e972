"""Rows with one or several named inputs, each kept once and in its own form."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from sklearn_mtl._input_parts import Input, Part, is_on_disk
from sklearn_mtl._row_key import drop_columns, read_rows
from sklearn_mtl._validation import did_you_mean, list_some


class Inputs:
    """Rows with one or several named inputs, such as an image and a sound.

    What :func:`combine_tasks` and :func:`combine_inputs` return, to be given to an
    estimator as X. Every table is kept once and as it is: nothing is copied, padded or
    read from disk, also not when rows are selected. A row may lack an input.

    Parameters
    ----------
    parts : dict of str to sequence of Part
        The tables of each input, and which rows they are about.
    n_rows : int
        The number of rows.
    rows : ndarray of int, default=None
        The rows that are selected, which may repeat; None for all.

    Attributes
    ----------
    names : tuple of str
        The names of the inputs.
    shape : tuple of int
        The number of rows and the number of inputs.
    ndim : int
        Always 2.
    row_shapes : dict of str to tuple of int
        The shape of a row of each input.
    dtypes : dict of str to dtype
        The dtype of each input.

    See Also
    --------
    combine_tasks : Make one from a table per task.
    combine_inputs : Make one from several tables about the same rows.

    Notes
    -----
    Rows are selected as in an array, by a slice, a mask or a sequence of integers, and
    are then an ``Inputs`` again; scikit-learn's splitters and searches need no more.
    ``X[3]`` is a dict with what row 3 has of each input, and ``X["image"]`` the table
    of the rows that have an image.

    Pickling stores whole tables, also where few of their rows are selected: processes
    of joblib then share them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.datasets import combine_inputs
    >>> X = combine_inputs(
    ...     {"image": np.zeros((4, 8, 8), dtype="uint8"), "sound": np.eye(2)},
    ...     present={"sound": [False, True, False, True]},
    ... )
    >>> X
    Inputs of 4 rows: image (8, 8) uint8 in 4, sound (2,) float64 in 2
    >>> X[[3, 0, 0]]
    Inputs of 3 rows: image (8, 8) uint8 in 3, sound (2,) float64 in 1
    >>> X["sound"]
    array([[1., 0.],
           [0., 1.]])
    >>> X[3]["sound"]
    array([0., 1.])
    """

    ndim = 2

    def __init__(
        self,
        parts: Mapping[str, Sequence[Part]],
        n_rows: int,
        rows: np.ndarray | None = None,
    ) -> None:
        self._inputs = {name: Input(tuple(of_one)) for name, of_one in parts.items()}
        self._n_base_rows = n_rows
        self._rows = rows

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return tuple(self._inputs)

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows and the number of inputs."""
        return len(self), len(self._inputs)

    @property
    def row_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of a row of each input."""
        return {name: x.row_shape for name, x in self._inputs.items()}

    @property
    def dtypes(self) -> dict[str, np.dtype]:
        """The dtype of each input."""
        return {name: x.dtype for name, x in self._inputs.items()}

    def __len__(self) -> int:
        return self._n_base_rows if self._rows is None else len(self._rows)

    def __contains__(self, name: Any) -> bool:
        return name in self._inputs

    def __repr__(self) -> str:
        described = (
            f"{name} {x.row_shape} {x.dtype} in {np.count_nonzero(self.has(name))}"
            for name, x in self._inputs.items()
        )
        return f"Inputs of {len(self)} rows: {', '.join(described)}"

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._rows_with(key)
        if isinstance(key, tuple):
            key = drop_columns(key)
        if isinstance(key, Integral) and not isinstance(key, (bool, np.bool_)):
            return self._row(int(key))
        selected = read_rows(key, len(self))
        if selected.ndim == 0:
            return self._row(int(selected))
        if self._rows is not None:
            selected = self._rows[selected]
        return self._select(selected)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Raise: what takes one table is to be given one."""
        raise TypeError(
            f"{self!r} is no array. Take the table of one input with X[name], of "
            f"{list_some(self.names)}."
        )

    def take(self, indices: Any, axis: int = 0) -> "Inputs":
        """Return the rows of these numbers.

        Parameters
        ----------
        indices : array-like of int
            The rows; negative ones count from the end.
        axis : int, default=0
            Always 0.

        Returns
        -------
        Inputs
            The rows.

        Raises
        ------
        ValueError
            If the axis is not 0.
        """
        if axis != 0:
            raise ValueError(f"The rows of Inputs are along axis 0, got axis={axis!r}.")
        return self[np.atleast_1d(np.asarray(indices))]

    def has(self, name: str) -> np.ndarray:
        """Return which rows have an input.

        Parameters
        ----------
        name : str
            The name of the input.

        Returns
        -------
        ndarray of bool of shape (n_rows,)
            True where the row has it.
        """
        return self.positions(name) >= 0

    def positions(self, name: str) -> np.ndarray:
        """Return where the rows of X are in the table of an input.

        Parameters
        ----------
        name : str
            The name of the input.

        Returns
        -------
        ndarray of int of shape (n_rows,)
            The position of each row; -1 where it lacks the input. An input of several
            tables counts through their rows.
        """
        rows = np.arange(self._n_base_rows) if self._rows is None else self._rows
        return self._find(name).locate(rows)

    def gather(self, name: str, positions: Any) -> np.ndarray:
        """Return rows of the table of an input.

        Parameters
        ----------
        name : str
            The name of the input.
        positions : array-like of int of shape (n,)
            Where the rows are in the table, from `positions`.

        Returns
        -------
        ndarray of shape (n, ...)
            The rows, dense, in the dtype of the table.

        Raises
        ------
        IndexError
            If a position is -1, as of a row that lacks the input, or too large.
        """
        positions = np.asarray(positions, dtype=np.intp)
        if len(positions) and positions.min() < 0:
            raise IndexError(f"A row that lacks the input {name!r} has nothing of it.")
        return self._find(name).gather(positions)

    def whole_table(self, name: str) -> np.ndarray | None:
        """Return the table of an input, if it is a single dense one in memory.

        Parameters
        ----------
        name : str
            The name of the input.

        Returns
        -------
        ndarray or None
            The table, uncopied, with all its rows; None if there are several, it is
            sparse, or on disk.
        """
        found = self._find(name)
        table = found.parts[0].table
        if len(found.parts) > 1 or not isinstance(table, np.ndarray):
            return None
        is_whole = table.dtype == found.dtype and not is_on_disk(table)
        return table if is_whole else None

    def table_length(self, name: str) -> int:
        """Return how many rows the tables of an input have, selected or not.

        Parameters
        ----------
        name : str
            The name of the input.

        Returns
        -------
        int
            The number of positions.
        """
        return self._find(name).n_rows

    def is_sparse(self, name: str) -> bool:
        """Return whether an input has sparse tables only.

        Parameters
        ----------
        name : str
            The name of the input.

        Returns
        -------
        bool
            True if ``X[name]`` is sparse.
        """
        return self._find(name).is_sparse

    def _find(self, name: str) -> Input:
        if name not in self._inputs:
            raise KeyError(
                f"There is no input {name!r}{did_you_mean(name, self.names)}: the "
                f"inputs are {list_some(self.names)}."
            )
        return self._inputs[name]

    def _select(self, rows: np.ndarray) -> "Inputs":
        selected = object.__new__(type(self))
        selected.__dict__.update(self.__dict__, _rows=rows)
        return selected

    def _row(self, row: int) -> dict[str, np.ndarray]:
        n = len(self)
        if not -n <= row < n:
            raise IndexError(f"There is no row {row} among {n} row(s).")
        one = self[[row]]
        positions = {name: one.positions(name) for name in self.names}
        return {
            name: self.gather(name, position)[0]
            for name, position in positions.items()
            if position[0] >= 0
        }

    def _rows_with(self, name: str) -> Any:
        found = self._find(name)
        first = found.parts[0]
        if len(found.parts) == 1 and self._rows is None and first.positions is None:
            return first.table
        positions = self.positions(name)
        positions = positions[positions >= 0]
        return (found.gather_sparse if found.is_sparse else found.gather)(positions)


def parts_of(X: Inputs, start: int) -> dict[str, list[Part]]:
    """Return the parts of each input, for a container where these rows are at `start`.

    What no selected row has is left out.
    """
    moved: dict[str, list[Part]] = {}
    for name, found in X._inputs.items():
        for part in found.parts:
            if X._rows is None:
                moved.setdefault(name, []).append(
                    Part(part.table, start + part.start, part.positions)
                )
                continue
            positions = part.locate(X._rows)
            if (positions >= 0).any():
                moved.setdefault(name, []).append(Part(part.table, start, positions))
    return moved
