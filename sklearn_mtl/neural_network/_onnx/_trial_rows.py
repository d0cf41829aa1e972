"""Rows to try a model with, as the estimator and as the model takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from sklearn_mtl._inputs import Inputs
from sklearn_mtl.datasets import combine_inputs
from sklearn_mtl.neural_network._building import PRECISIONS
from sklearn_mtl.neural_network._input_encoder import InputEncoder
from sklearn_mtl.neural_network._input_scaler import ChannelScaler, InputScaler
from sklearn_mtl.neural_network._onnx._inputs import (
    CategoryInput,
    ModelInput,
    NumberInput,
    PresenceInput,
)

_N_ROWS = 32

# The share of numbers that are missing, where some may be.
_MISSING = 0.1


@dataclass(frozen=True)
class TrialRows:
    """X for an estimator, and what its model is fed with."""

    X: Any
    feeds: Mapping[str, np.ndarray]


def make_trial_rows(estimator: Any, inputs: Sequence[ModelInput]) -> TrialRows:
    """Return rows such as the estimator may get, the same ones each time."""
    rng = np.random.default_rng(0)
    dtype = PRECISIONS[estimator._fitted_precision][0]
    feeds: dict[str, np.ndarray] = {}
    for given in inputs:
        if isinstance(given, NumberInput):
            encoder = _encoder_of(estimator, given.name)
            feeds[given.name] = _draw(given.row_shape, encoder, rng).astype(dtype)
            if _takes_gaps(estimator, encoder):
                missing = rng.random((_N_ROWS, *given.row_shape)) < _MISSING
                feeds[given.name][missing] = np.nan
        elif isinstance(given, CategoryInput):
            feeds[given.name] = _choose(given.categories, rng)
        else:
            feeds[given.name] = rng.random(_N_ROWS) < 0.5
    if not isinstance(estimator._row_shapes, Mapping):
        return TrialRows(_put_together(estimator, inputs, feeds), feeds)
    return TrialRows(_combine(inputs, feeds, rng), feeds)


def _combine(
    inputs: Sequence[ModelInput],
    feeds: Mapping[str, np.ndarray],
    rng: np.random.Generator,
) -> Inputs:
    """Return a container in which each row has an input at least."""
    names = [each.name for each in inputs if isinstance(each, NumberInput)]
    masks = [each.name for each in inputs if isinstance(each, PresenceInput)]
    if not masks:
        return combine_inputs({name: feeds[name] for name in names})
    some = rng.integers(len(masks), size=_N_ROWS)
    for k, (name, mask) in enumerate(zip(names, masks, strict=True)):
        feeds[mask][some == k] = True
        # What is not there may be anything.
        feeds[name][~feeds[mask]] = np.nan
    return combine_inputs(
        {name: feeds[name] for name in names},
        present={name: feeds[mask] for name, mask in zip(names, masks, strict=True)},
    )


def _encoder_of(estimator: Any, name: str) -> nn.Module:
    encoder = estimator.module_.encoder
    return encoder.encoder_of(name) if isinstance(encoder, InputEncoder) else encoder


def _takes_gaps(estimator: Any, encoder: nn.Module) -> bool:
    """Return whether numbers may be missing, which a container does not let through."""
    is_table = not isinstance(estimator._row_shapes, Mapping)
    return is_table and any(isinstance(m, InputScaler) for m in encoder.modules())


def _draw(
    shape: tuple[int, ...], encoder: nn.Module, rng: np.random.Generator
) -> np.ndarray:
    """Return numbers of about the center and the spread of those of the fit."""
    rows = rng.normal(size=(_N_ROWS, *shape))
    for layer in encoder.modules():
        if isinstance(layer, InputScaler):
            center, scale = layer.center.cpu().numpy(), layer.scale.cpu().numpy()
            return center + rows / scale
        if isinstance(layer, ChannelScaler):
            return layer.mean.cpu().numpy() + rows * layer.std.cpu().numpy()
    return rows


def _choose(categories: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return categories, and one that is not known where there is such."""
    known = categories.tolist()
    if categories.dtype == object:
        known.append("".join(["x", *known]))
    elif categories.dtype.kind == "i":
        known.append(max(known) - 1 if max(known) - 1 not in known else max(known))
    elif categories.dtype.kind == "f":
        known.append(np.nan)
    return np.array(known, dtype=categories.dtype)[
        rng.integers(len(known), size=_N_ROWS)
    ]


def _put_together(
    estimator: Any, inputs: Sequence[ModelInput], feeds: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return the table with its columns in order."""
    if len(inputs) == 1 and isinstance(inputs[0], NumberInput):
        return feeds[inputs[0].name]
    positions = estimator._categories.positions
    n_columns = estimator.n_features_in_
    X = np.empty((_N_ROWS, n_columns), dtype=object)
    if "X" in feeds and isinstance(inputs[0], NumberInput):
        X[:, estimator._categories.numeric_positions(n_columns)] = feeds["X"]
    columns = [each for each in inputs if isinstance(each, CategoryInput)]
    for position, column in zip(positions, columns, strict=True):
        X[:, position] = feeds[column.name].tolist()
    return X
