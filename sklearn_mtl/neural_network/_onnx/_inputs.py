"""The inputs that a model has for X."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sklearn_mtl._validation import list_some
from sklearn_mtl.neural_network._categories import Categories


@dataclass(frozen=True)
class ModelInput:
    """An input of a model, and what its metadata say of it."""

    name: str
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NumberInput(ModelInput):
    """Numbers in the precision of the network, (n, *row_shape)."""

    row_shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class PresenceInput(ModelInput):
    """Which rows have an input, (n,)."""


@dataclass(frozen=True)
class CategoryInput(ModelInput):
    """The categories of a column, (n,); the network gets their codes."""

    categories: np.ndarray = field(default_factory=lambda: np.empty(0))


def find_inputs(estimator: Any) -> list[ModelInput]:
    """Return the inputs of the model of a fitted estimator.

    A table has its numeric columns in "X", and an input for each categorical column.
    Of several named inputs each comes with which rows have it.
    """
    shapes = estimator._row_shapes
    if isinstance(shapes, Mapping):
        return _find_named(shapes)
    if estimator._categories is None:
        about = {} if len(shapes) > 1 else {"columns": _names_of_columns(estimator)}
        return [NumberInput("X", about, shapes)]
    return _find_mixed(estimator._categories, _names_of_columns(estimator), estimator)


def _find_named(shapes: Mapping[str, tuple[int, ...]]) -> list[ModelInput]:
    numbers = [NumberInput(name, {}, shape) for name, shape in shapes.items()]
    if len(numbers) == 1:
        return [*numbers]
    return [
        each
        for number in numbers
        for each in (
            number,
            PresenceInput(f"{number.name}_present", {"tells_rows_with": number.name}),
        )
    ]


def _find_mixed(
    categories: Categories, columns: list[str], estimator: Any
) -> list[ModelInput]:
    numeric = categories.numeric_positions(len(columns))
    found: list[ModelInput] = []
    if numeric:
        names = [columns[j] for j in numeric]
        found.append(NumberInput("X", {"columns": names}, (len(numeric),)))
    for j, known in zip(
        categories.positions, categories.encoder.categories_, strict=True
    ):
        values = [value for value in known if value is not None]
        as_array = _as_array(values, columns[j], type(estimator).__name__)
        about = {"columns": [columns[j]], "categories": as_array.tolist()}
        found.append(CategoryInput(columns[j], about, as_array))
    return found


def _as_array(values: list[Any], column: str, owner: str) -> np.ndarray:
    """Return categories as ONNX can hold them."""
    if all(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    found = np.array(values)
    if found.dtype.kind == "b":
        return found
    if found.dtype.kind in "iuf":
        dtype = np.float64 if found.dtype.kind == "f" else np.int64
        if (found.astype(dtype).astype(object) == np.array(values, object)).all():
            return found.astype(dtype)
    raise ValueError(
        f"{owner} can only be exported with categories that are strings, integers, "
        f"floats or booleans, got {list_some(values)} in column {column!r}."
    )


def _names_of_columns(estimator: Any) -> list[str]:
    """Return the names of the columns; without any they are x0, x1, ..."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return [f"x{j}" for j in range(estimator.n_features_in_)]
    return names.tolist()
