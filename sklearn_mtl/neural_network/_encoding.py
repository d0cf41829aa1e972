"""What comes before the shared layers: an encoder of the input, or one for each."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import nn

from sklearn_mtl._inputs import Inputs
from sklearn_mtl._validation import did_you_mean, list_some, parameter_error
from sklearn_mtl.neural_network._global_generator import lent_global_generator
from sklearn_mtl.neural_network._input_encoder import InputEncoder, OneInputEncoder
from sklearn_mtl.neural_network._input_scaler import (
    ChannelScaler,
    InputScaler,
    channel_moments,
    weighted_moments,
)
from sklearn_mtl.neural_network._training_data import TrainingData
from sklearn_mtl.neural_network.encoders import Encoder
from sklearn_mtl.neural_network.encoders._registry import make_encoder

# Enough of them to know the mean and the spread of a channel.
_MAX_ROWS_FOR_CHANNELS = 4096

Encoded = tuple[nn.Module, int]


@dataclass(frozen=True)
class Column:
    """An input: the table, the rows to learn from and how much each counts.

    If no row of the training data has the input, it is not used, and the rows are all
    that its table has.
    """

    table: Any
    rows: np.ndarray
    weights: np.ndarray
    is_used: bool = True

    @property
    def row_shape(self) -> tuple[int, ...]:
        return self.table.shape[1:]

    def feature_scaler(self) -> InputScaler:
        """Return what standardises each feature."""
        return InputScaler(*weighted_moments(self.table, self.rows, self.weights))

    def channel_scaler(self, axis: int | None) -> ChannelScaler:
        """Return what standardises each channel, the parts of a row along the axis."""
        step = -(-len(self.rows) // _MAX_ROWS_FOR_CHANNELS)
        return ChannelScaler(*channel_moments(self.table, self.rows[::step], axis))


@dataclass(frozen=True)
class InputTable:
    """An input of a container as a table, indexed by positions."""

    X: Inputs
    name: str

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.X.table_length(self.name), *self.X.row_shapes[self.name])

    def __getitem__(self, positions: np.ndarray) -> np.ndarray:
        return self.X.gather(self.name, positions)


def build_encoder(
    estimator: Any,
    data: TrainingData,
    rows: np.ndarray,
    seed: int,
    generator: torch.Generator,
    dtype: torch.dtype,
) -> tuple[nn.Module, int]:
    """Return what comes before the shared layers, and how many features it makes."""
    owner = type(estimator).__name__
    if getattr(estimator.encoder, "encodes_all", False):
        module = estimator.encoder()
        return module, module.out_features
    weights = data.weights[rows].max(axis=1)
    if not isinstance(data.X, Inputs):
        if isinstance(estimator.encoder, dict):
            expected = (
                "None, a name, or a class or function for X that is one table; a dict "
                "is for named inputs (see sklearn_mtl.datasets.combine_inputs)"
            )
            raise parameter_error("encoder", owner, expected, "a dict")
        column = Column(data.X, rows, weights)
        with lent_global_generator(seed):
            return _encode(column, estimator.encoder, estimator, owner)
    columns = _columns(data.X, rows, weights)
    with lent_global_generator(seed):
        encoders = _encode_columns(columns, estimator, owner)
    if len(encoders) == 1:
        ((name, (encoder, width)),) = encoders.items()
        return OneInputEncoder(name, encoder), width
    widths = {name: width for name, (_, width) in encoders.items()}
    sizes = list(estimator.hidden_layer_sizes)
    module = InputEncoder(
        {name: encoder for name, (encoder, _) in encoders.items()},
        widths,
        sizes[0] if sizes else max(widths.values()),
        activation=estimator.activation,
        generator=generator,
        dtype=dtype,
    )
    return module, module.out_features


def _columns(X: Inputs, rows: np.ndarray, weights: np.ndarray) -> dict[str, Column]:
    return {name: _find_column(X, name, rows, weights) for name in X.names}


def _find_column(X: Inputs, name: str, rows: np.ndarray, weights: np.ndarray) -> Column:
    positions = X.positions(name)[rows]
    has = positions >= 0
    if not has.any():
        # Rows with it may come later: all there are tell what they will be like.
        every = np.arange(X.table_length(name))
        return Column(InputTable(X, name), every, np.ones(len(every)), is_used=False)
    if X.is_sparse(name):
        table = X[rows[has]][name]
        return Column(table, np.arange(table.shape[0]), weights[has])
    return Column(InputTable(X, name), positions[has], weights[has])


def _encode_columns(
    columns: Mapping[str, Column], estimator: Any, owner: str
) -> dict[str, Encoded]:
    """Return the encoder of each input, and the number of its features."""
    encoded: dict[str, Encoded] = {}
    for names, factory in _assign(estimator.encoder, list(columns), owner):
        chosen = {name: columns[name] for name in names}
        if getattr(factory, "shares_inputs", False):
            shapes = {name: column.row_shape for name, column in chosen.items()}
            made = copy.deepcopy(factory(shapes))
            encoded |= {
                name: _finish(made.get(name), column, factory, estimator, owner)
                for name, column in chosen.items()
            }
            continue
        for name, column in chosen.items():
            if factory is None and len(column.row_shape) > 1 and not column.is_used:
                # An image that no row has needs no encoder.
                continue
            of_input = f"{owner} for input {name!r}"
            encoded[name] = _encode(column, factory, estimator, of_input)
    return {name: encoded[name] for name in columns if name in encoded}


def _assign(
    encoder: Any, names: list[str], owner: str
) -> list[tuple[tuple[str, ...], Any]]:
    """Return which inputs get which encoder; a dict may leave inputs out."""
    if not isinstance(encoder, dict):
        factory = None if encoder is None else make_encoder(encoder, owner)
        return [(tuple(names), factory)]
    assigned = []
    for key, value in encoder.items():
        group = key if isinstance(key, tuple) else (key,)
        for name in group:
            if name not in names:
                expected = f"keyed by the inputs of X ({list_some(names)})"
                got = f"an encoder for {name!r}{did_you_mean(name, names)}"
                raise parameter_error("encoder", owner, expected, got)
        factory = None if value is None else make_encoder(value, owner)
        assigned.append((group, factory))
    given = [name for group, _ in assigned for name in group]
    for name in given:
        if given.count(name) > 1:
            expected = "a dict with one encoder for each input"
            raise parameter_error("encoder", owner, expected, f"two for {name!r}")
    rest = tuple(name for name in names if name not in given)
    return [*assigned, *([(rest, None)] if rest else [])]


def _encode(column: Column, factory: Any, estimator: Any, owner: str) -> Encoded:
    shape = column.row_shape
    if factory is None:
        if len(shape) > 1:
            expected = (
                f"one that takes rows of shape {shape}, such as 'conv' for images "
                "(channels, height, width) or 'spectrogram' for (time, bands)"
            )
            raise parameter_error("encoder", owner, expected, "none")
        scaled = column.feature_scaler() if estimator.preprocess else nn.Identity()
        return scaled, shape[0]
    factory = make_encoder(factory, owner)
    if getattr(factory, "shares_inputs", False):
        module = factory({"X": shape}).get("X")
    else:
        counts_features = len(shape) == 1 and not isinstance(factory, Encoder)
        module = factory(shape[0] if counts_features else shape)
    # Copied, since a factory may hand out the same module for every fit.
    return _finish(copy.deepcopy(module), column, factory, estimator, owner)


def _finish(
    module: Any, column: Column, factory: Any, estimator: Any, owner: str
) -> Encoded:
    """Check what a factory returned; let ready ones have standardised channels."""
    n_features = getattr(module, "out_features", None)
    if not isinstance(module, nn.Module) or not isinstance(n_features, Integral):
        expected = (
            "None, a name, or a class or function of the shape of a row that returns "
            "an nn.Module with an integer attribute 'out_features'"
        )
        got = f"one that returns {type(module).__name__}" + (
            " without it" if isinstance(module, nn.Module) else ""
        )
        raise parameter_error("encoder", owner, expected, got)
    is_ready = isinstance(factory, Encoder) and not sparse.issparse(column.table)
    if estimator.preprocess and is_ready:
        module = nn.Sequential(column.channel_scaler(factory.channel_axis), module)
    return module, int(n_features)
