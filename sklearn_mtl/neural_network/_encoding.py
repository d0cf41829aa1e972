"""What comes before the shared layers: an encoder of the input, or one for each."""

import copy
from collections.abc import Callable, Mapping
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
from sklearn_mtl.neural_network._input_scaler import ChannelScaler, channel_moments
from sklearn_mtl.neural_network._presets import AUTO
from sklearn_mtl.neural_network._table_encoder import learn_table_encoder
from sklearn_mtl.neural_network._training_data import TrainingData
from sklearn_mtl.neural_network.encoders import (
    Encoder,
    NumericEmbedding,
    PiecewiseLinearEncoder,
)
from sklearn_mtl.neural_network.encoders._registry import ENCODERS, make_encoder

# Enough of them to know the mean and the spread of a channel.
_MAX_ROWS_FOR_CHANNELS = 4096

Encoded = tuple[nn.Module, int]


@dataclass(frozen=True)
class Column:
    """An input: the table, the rows to learn from and how much each counts.

    `find_targets` returns what the tasks say of some of these rows, given their places.
    If no row of the training data has the input, it is not used, and the rows are all
    that its table has.
    """

    table: Any
    rows: np.ndarray
    weights: np.ndarray
    find_targets: Callable[[np.ndarray], np.ndarray]
    is_used: bool = True

    @property
    def row_shape(self) -> tuple[int, ...]:
        return self.table.shape[1:]

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


def is_for_tables(encoder: Any) -> bool:
    """Return whether an encoder takes rows of numbers, scaled by the network."""
    if isinstance(encoder, str):
        encoder = None if encoder == AUTO else ENCODERS.get(encoder)
    if isinstance(encoder, type):
        return issubclass(encoder, NumericEmbedding)
    return encoder is None or isinstance(encoder, NumericEmbedding)


def learns_nothing(encoder: Any) -> bool:
    """Return whether an encoder has no weights that are trained."""
    if isinstance(encoder, str):
        encoder = None if encoder == AUTO else ENCODERS.get(encoder)
    kind = encoder if isinstance(encoder, type) else type(encoder)
    return encoder is None or issubclass(kind, PiecewiseLinearEncoder)


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
        column = Column(data.X, rows, weights, lambda at: data.signals(rows[at]))
        with lent_global_generator(seed):
            return _encode(column, estimator.encoder, estimator, owner)
    columns = {name: _find_column(data, name, rows, weights) for name in data.X.names}
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


def _find_column(
    data: TrainingData, name: str, rows: np.ndarray, weights: np.ndarray
) -> Column:
    X = data.X
    positions = X.positions(name)[rows]
    has = positions >= 0
    if not has.any():
        # Rows with it may come later: all there are tell what they will be like.
        every = np.arange(X.table_length(name))
        return Column(
            InputTable(X, name),
            every,
            np.ones(len(every)),
            lambda places: np.zeros((len(places), 1)),
            is_used=False,
        )
    having = rows[has]

    def find_targets(places: np.ndarray) -> np.ndarray:
        return data.signals(having[places])

    if X.is_sparse(name):
        table = X[having][name]
        return Column(table, np.arange(table.shape[0]), weights[has], find_targets)
    return Column(InputTable(X, name), positions[has], weights[has], find_targets)


def _encode_columns(
    columns: Mapping[str, Column], estimator: Any, owner: str
) -> dict[str, Encoded]:
    """Return the encoder of each input, and the number of its features."""
    encoded: dict[str, Encoded] = {}
    for names, factory in assign_encoders(estimator.encoder, list(columns), owner):
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
            is_image = len(column.row_shape) > 1
            if is_for_tables(factory) and is_image and not column.is_used:
                # What no row has needs no encoder.
                continue
            of_input = f"{owner} for input {name!r}"
            encoded[name] = _encode(column, factory, estimator, of_input)
    return {name: encoded[name] for name in columns if name in encoded}


def assign_encoders(
    encoder: Any, names: list[str], owner: str
) -> list[tuple[tuple[str, ...], Any]]:
    """Return which inputs get which encoder; a dict may leave inputs out."""
    if not isinstance(encoder, dict):
        return [(tuple(names), _make(encoder, owner))]
    assigned = []
    for key, value in encoder.items():
        group = key if isinstance(key, tuple) else (key,)
        for name in group:
            if name not in names:
                expected = f"keyed by the inputs of X ({list_some(names)})"
                got = f"an encoder for {name!r}{did_you_mean(name, names)}"
                raise parameter_error("encoder", owner, expected, got)
        assigned.append((group, _make(value, owner)))
    given = [name for group, _ in assigned for name in group]
    for name in given:
        if given.count(name) > 1:
            expected = "a dict with one encoder for each input"
            raise parameter_error("encoder", owner, expected, f"two for {name!r}")
    rest = tuple(name for name in names if name not in given)
    return [*assigned, *([(rest, AUTO)] if rest else [])]


def _make(encoder: Any, owner: str) -> Any:
    """Return the encoder of a name, but for those that depend on the table."""
    return encoder if encoder in (None, AUTO) else make_encoder(encoder, owner)


def _encode(column: Column, factory: Any, estimator: Any, owner: str) -> Encoded:
    shape, factory = column.row_shape, _make(factory, owner)
    if is_for_tables(factory):
        if len(shape) > 1:
            expected = (
                f"one that takes rows of shape {shape}, such as 'conv' for images "
                "(channels, height, width) or 'spectrogram' for (time, bands)"
            )
            got = repr(factory)
            raise parameter_error("encoder", owner, expected, got)
        return _encode_table(column, factory, estimator)
    if getattr(factory, "shares_inputs", False):
        module = factory({"X": shape}).get("X")
    else:
        counts_features = len(shape) == 1 and not isinstance(factory, Encoder)
        module = factory(shape[0] if counts_features else shape)
    # Copied, since a factory may hand out the same module for every fit.
    return _finish(copy.deepcopy(module), column, factory, estimator, owner)


def _encode_table(column: Column, factory: Any, estimator: Any) -> Encoded:
    """Return what comes before the layers for rows of numbers, and perhaps codes."""
    categories = estimator._categories
    if factory == AUTO:
        scales = estimator.preprocess and not sparse.issparse(column.table)
        factory = PiecewiseLinearEncoder() if scales else None
    if factory is None and categories is None and not estimator.preprocess:
        return nn.Identity(), column.row_shape[0]
    encoder = learn_table_encoder(
        column.table,
        column.rows,
        column.weights,
        scale=estimator.preprocess,
        embedding=factory,
        n_categories={} if categories is None else categories.sizes,
        find_targets=column.find_targets,
    )
    if encoder.only_scales:
        return encoder.scaler, encoder.out_features
    return encoder, encoder.out_features


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
