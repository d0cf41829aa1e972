"""The categorical columns of a table, and the codes of their categories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.preprocessing import OrdinalEncoder
from sklearn.utils import _safe_indexing

from sklearn_mtl._tasks import is_missing
from sklearn_mtl._validation import did_you_mean, list_some, parameter_error

# The settings that leave the choice to the types of the columns.
FROM_DTYPE = "from_dtype"


@dataclass(frozen=True)
class Categories:
    """Categorical columns; their categories have codes 0, 1, ..., all else has NaN."""

    positions: tuple[int, ...]
    encoder: OrdinalEncoder

    @property
    def sizes(self) -> Mapping[int, int]:
        """The number of categories of each column, by its position."""
        known = self.encoder.categories_
        return {
            j: len(of_column) - (of_column[-1] is None)
            for j, of_column in zip(self.positions, known, strict=True)
        }

    def encode(self, X: Any) -> np.ndarray:
        """Return the codes of the categorical columns of X, (n, n_columns)."""
        codes = self.encoder.transform(_take_columns(X, self.positions))
        # None has a code of its own, after those of the categories.
        return np.where(codes < np.array([*self.sizes.values()]), codes, np.nan)

    def codes(self, names: Sequence[str]) -> dict[str, dict[Any, float]]:
        """Return the code of each category, by the name of its column."""
        return {
            names[j]: {
                value: float(code)
                for code, value in enumerate(self.encoder.categories_[k])
                if value is not None
            }
            for k, j in enumerate(self.positions)
        }

    def numeric_positions(self, n_columns: int) -> list[int]:
        """Return where the other columns are."""
        return [j for j in range(n_columns) if j not in self.positions]


def learn_categories(
    X: Any, categorical_features: Any, names: Sequence[str] | None, owner: str
) -> Categories | None:
    """Return the categorical columns of a table, or None if there are none.

    `names` are those of its columns, if they have any.
    """
    if isinstance(categorical_features, str) and categorical_features == FROM_DTYPE:
        positions = _find_by_dtype(X)
    else:
        positions = find_positions(X, categorical_features, names, owner)
    return _learn(positions, _take_columns(X, positions)) if positions else None


def categories_of_values(values: Mapping[int, Sequence[Any]]) -> Categories:
    """Return categorical columns, by their positions, of which these are the values."""
    columns = np.empty((max(map(len, values.values())), len(values)), dtype=object)
    for k, of_column in enumerate(values.values()):
        columns[:, k] = of_column[0]
        columns[: len(of_column), k] = of_column
    return _learn([*values], columns)


def _learn(positions: Sequence[int], columns: np.ndarray) -> Categories:
    return Categories(tuple(positions), make_encoder().fit(columns))


def make_encoder() -> OrdinalEncoder:
    """Return what learns the codes of columns of objects, None what is missing."""
    return OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan
    ).set_output(transform="default")


def _take_columns(X: Any, positions: Sequence[int]) -> np.ndarray:
    """Return columns of X, with None for all that is missing."""
    columns = np.array(_safe_indexing(X, list(positions), axis=1), dtype=object)
    columns[np.frompyfunc(is_missing, 1, 1)(columns).astype(bool)] = None
    return columns


def _find_by_dtype(X: Any) -> list[int]:
    """Return the columns of a pandas or polars frame that hold categories."""
    dtypes = getattr(X, "dtypes", ())
    kinds = ("category", "Categorical", "Enum")
    return [j for j, dtype in enumerate(dtypes) if str(dtype).startswith(kinds)]


def find_positions(
    X: Any, categorical_features: Any, names: Sequence[str] | None, owner: str
) -> list[int]:
    """Return the positions of the columns that are named, numbered or in a mask."""
    if categorical_features is None:
        return []
    given, n_columns = np.array(categorical_features, dtype=object), X.shape[1]
    if not len(given):
        return []
    if given.ndim == 1 and all(isinstance(k, bool | np.bool_) for k in given):
        if given.shape != (n_columns,):
            expected = f"a mask of {n_columns} columns"
            got = f"one of {len(given)}"
            raise parameter_error("categorical_features", owner, expected, got)
        return np.flatnonzero(given).tolist()
    found = [_find_column(k, n_columns, names, owner) for k in given.tolist()]
    return sorted(set(found))


def _find_column(
    column: Any, n_columns: int, names: Sequence[str] | None, owner: str
) -> int:
    if isinstance(column, str):
        if names is None:
            expected = "positions or a mask, as the columns of X have no names"
            raise parameter_error("categorical_features", owner, expected, repr(column))
        if column not in names:
            expected = f"among the columns of X ({list_some(names)})"
            got = f"{column!r}{did_you_mean(column, names)}"
            raise parameter_error("categorical_features", owner, expected, got)
        return list(names).index(column)
    position = int(column) if isinstance(column, Integral) else n_columns
    if not -n_columns <= position < n_columns:
        expected = f"positions from 0 to {n_columns - 1}"
        raise parameter_error("categorical_features", owner, expected, repr(column))
    return position % n_columns
