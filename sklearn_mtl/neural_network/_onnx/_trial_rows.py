"""Rows to try a model with, as the estimator and as the model takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
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
from sklearn_mtl.neural_network._representation import Representation

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
            feeds[given.name] = _draw(estimator, given, rng).astype(dtype)
        elif isinstance(given, CategoryInput):
            feeds[given.name] = _choose(given.categories, rng)
        else:
            feeds[given.name] = rng.random(_N_ROWS) < 0.5
    if isinstance(estimator._row_shapes, Mapping):
        return TrialRows(_combine(inputs, feeds, rng), feeds)
    if estimator._categories is None:
        return TrialRows(feeds["X"], feeds)
    return TrialRows(_put_together(estimator, inputs, feeds), feeds)


def _draw(estimator: Any, given: NumberInput, rng: np.random.Generator) -> np.ndarray:
    """Return numbers of about the center and the spread of those of the fit."""
    rows = rng.normal(size=(_N_ROWS, *given.row_shape))
    for layer in _encoder_of(estimator, given.name).modules():
        if isinstance(layer, ChannelScaler):
            return layer.mean.cpu().numpy() + rows * layer.std.cpu().numpy()
        if isinstance(layer, InputScaler) and layer.center.shape == given.row_shape:
            rows = layer.center.cpu().numpy() + rows / layer.scale.cpu().numpy()
            if not isinstance(estimator._row_shapes, Mapping):
                rows[rng.random(rows.shape) < _MISSING] = np.nan
            return rows
    return rows


def _encoder_of(estimator: Any, name: str) -> nn.Module:
    encoder = estimator.module_.encoder
    if isinstance(encoder, Representation):
        encoder = encoder.network.encoder
    return encoder.encoder_of(name) if isinstance(encoder, InputEncoder) else encoder


def _choose(categories: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return categories, and one that is not known where there is such."""
    known = categories.tolist()
    if categories.dtype == object:
        known.append(max(known, key=len, default="") + "x")
    elif categories.dtype.kind == "i":
        known.append(next(number for number in count() if number not in known))
    elif categories.dtype.kind == "f":
        known.append(np.nan)
    chosen = rng.integers(len(known), size=_N_ROWS)
    return np.array(known, dtype=categories.dtype)[chosen]


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


def _put_together(
    estimator: Any, inputs: Sequence[ModelInput], feeds: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return the table with its columns in order."""
    categories, n_columns = estimator._categories, estimator.n_features_in_
    X = np.empty((_N_ROWS, n_columns), dtype=object)
    positions = iter(categories.positions)
    for given in inputs:
        if isinstance(given, CategoryInput):
            X[:, next(positions)] = feeds[given.name].tolist()
        else:
            X[:, categories.numeric_positions(n_columns)] = feeds[given.name]
    return X
