"""A data set of torch as X: its items are read as they are needed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from sklearn_mtl._input_parts import Part
from sklearn_mtl._inputs import Inputs
from sklearn_mtl._storage import MEMORY_BUDGET, StoredTable, Wanted
from sklearn_mtl._validation import parameter_error


class Items:
    """The inputs of the items of a data set; of a tuple, what comes first."""

    def __init__(self, dataset: Dataset, owner: str) -> None:
        self._dataset: Any = dataset
        self._owner = owner
        # What was read last, and the inputs that have got their part of it.
        self._last: tuple[bytes, list[Any]] = b"", []
        self._served: set[str] = set()
        if not hasattr(dataset, "__len__"):
            expected = "a data set of a known length, whose items have numbers"
            raise parameter_error("X", owner, expected, type(dataset).__name__)
        if not len(self):
            raise parameter_error("X", owner, "of at least 1 row", "0 rows")

    def __len__(self) -> int:
        return len(self._dataset)

    def get(self, rows: np.ndarray) -> list[Any]:
        """Return items."""
        return [_input_of(self._dataset[row]) for row in rows.tolist()]

    def _get_for(self, name: str, rows: np.ndarray) -> list[Any]:
        """Return items for an input; the next input will ask for the same ones."""
        key = rows.tobytes()
        if key != self._last[0] or name in self._served:
            self._last, self._served = (key, self.get(rows)), set()
        self._served.add(name)
        return self._last[1]

    def read(self, rows: np.ndarray, name: str | None) -> list[np.ndarray]:
        """Return what items have, or what they have of a named input."""
        found = self.get(rows) if name is None else self._get_for(name, rows)
        if name is not None:
            for row, item in zip(rows.tolist(), found, strict=True):
                if not isinstance(item, Mapping) or name not in item:
                    expected = f"a data set whose items all have {name!r}"
                    raise parameter_error("X", self._owner, expected, f"item {row}")
            found = [item[name] for item in found]
        arrays = [_as_array(item) for item in found]
        for row, array in zip(rows.tolist(), arrays, strict=True):
            if array.shape != arrays[0].shape or array.dtype.kind not in "biuf":
                got = f"shape {array.shape} and dtype {array.dtype} in item {row}"
                expected = "a data set of arrays of numbers, all of the same shape"
                raise parameter_error("X", self._owner, expected, got)
        return arrays


class DatasetTable(StoredTable):
    """What the items of a data set have, or what they have of a named input."""

    in_any_order = True

    def __init__(
        self,
        items: Items,
        row_shape: tuple[int, ...],
        dtype: Any,
        *,
        name: str | None = None,
        owner: str,
        allow_nan: bool,
    ) -> None:
        if not row_shape:
            expected = "a data set of items with at least 1 dimension"
            raise parameter_error("X", owner, expected, "single numbers")
        super().__init__(
            np.array([0, len(items)]),
            np.zeros(1, dtype=np.intp),
            row_shape,
            dtype,
            rows=None,
            memory_budget=MEMORY_BUDGET,
            owner=owner,
            allow_nan=allow_nan,
        )
        self._items = items
        self._name = name

    def _read(
        self, wanted: Iterable[Wanted], columns: Sequence[int] | None
    ) -> Iterator[np.ndarray]:
        for _, rows in wanted:
            found = np.array(self._items.read(rows, self._name), dtype=self.dtype)
            if found.shape[1:] != self.row_shape:
                expected = f"a data set of items of shape {self.row_shape}"
                got = f"shape {found.shape[1:]}"
                raise parameter_error("X", self._owner, expected, got)
            yield found if columns is None else found[:, list(columns)]


def open_dataset(dataset: Dataset, owner: str) -> tuple[Items, Any]:
    """Return the items of a data set and the first of them, as arrays."""
    items = Items(dataset, owner)
    first = items.get(np.zeros(1, dtype=np.intp))[0]
    if isinstance(first, Mapping):
        return items, {str(name): _as_array(value) for name, value in first.items()}
    return items, items.read(np.zeros(1, dtype=np.intp), None)[0]


def as_inputs(items: Items, first: Mapping[str, np.ndarray], owner: str) -> Inputs:
    """Return a container of the named inputs that all items have."""
    parts = {
        name: [
            Part(
                DatasetTable(
                    items,
                    value.shape,
                    value.dtype,
                    name=name,
                    owner=owner,
                    allow_nan=False,
                )
            )
        ]
        for name, value in first.items()
    }
    return Inputs(parts, len(items))


def _input_of(item: Any) -> Any:
    return item[0] if isinstance(item, (tuple, list)) else item


def _as_array(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value)
