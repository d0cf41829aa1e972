"""What comes before the shared layers: said in a card, and built again.

Encoders that learn from a table are as large as the tensors in the file. Those that are
made for a shape are made for it again, without memory, to see that the tensors fit.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from sklearn_mtl.neural_network._category_embedding import CategoryEmbedding
from sklearn_mtl.neural_network._encoding import assign_encoders
from sklearn_mtl.neural_network._input_encoder import InputEncoder, OneInputEncoder
from sklearn_mtl.neural_network._input_scaler import ChannelScaler, InputScaler
from sklearn_mtl.neural_network._saving._reader import Reader, check
from sklearn_mtl.neural_network._saving._refusal import refuse, unsavable
from sklearn_mtl.neural_network._saving._tensors import NamedTensors
from sklearn_mtl.neural_network._saving._writer import Writer
from sklearn_mtl.neural_network._table_encoder import TableEncoder
from sklearn_mtl.neural_network.encoders._base import ConvolutionalEncoder
from sklearn_mtl.neural_network.encoders._linear_relu import LinearRelu
from sklearn_mtl.neural_network.encoders._periodic import PBLD, PLR
from sklearn_mtl.neural_network.encoders._piecewise_linear import PiecewiseLinear
from sklearn_mtl.neural_network.encoders._registry import make_encoder
from sklearn_mtl.neural_network.encoders._stages import ConvNetwork

# The name of the input where there is one table, which has none.
TABLE = "X"

Shape = tuple[int, ...]


def describe_encoder(
    encoder: nn.Module, setting: Any, names: list[str] | None, writer: Writer, path: str
) -> dict[str, Any]:
    """Return what is to be said of an encoder.

    `setting` is the parameter that it was made from, `names` are those of the inputs,
    None for a table.
    """
    found: dict[str, nn.Module]
    groups: list[tuple[tuple[str, ...], Any]]
    if names is None:
        found, groups = {TABLE: encoder}, [((TABLE,), setting)]
    else:
        if isinstance(encoder, OneInputEncoder):
            found = {encoder.names[0]: encoder.encoder}
        elif isinstance(encoder, InputEncoder):
            found = {name: encoder.encoder_of(name) for name in encoder.names}
        else:
            raise unsavable("built_with.encoder", writer.owner, encoder)
        groups = assign_encoders(_without(setting, set(found)), names, writer.owner)
    inputs = {n: _describe_one(module, writer) for n, module in found.items()}
    factories = [
        {
            "factory": writer.write(make_encoder(factory, writer.owner), path),
            "inputs": list(group),
        }
        for group, factory in groups
        if inputs[group[0]]["kind"] == "made"
    ]
    return {"inputs": inputs, "made": factories}


def _without(setting: Any, names: set[str]) -> Any:
    """Return what a dict says of some of the inputs."""
    if not isinstance(setting, dict):
        return setting
    groups = {k: k if isinstance(k, tuple) else (k,) for k in setting}
    return {k: v for k, v in setting.items() if set(groups[k]) <= names}


def _describe_one(module: nn.Module, writer: Writer) -> dict[str, Any]:
    if isinstance(module, nn.Sequential) and isinstance(module[0], ChannelScaler):
        return {**_describe_one(module[1], writer), "is_scaled": True}
    if isinstance(module, ConvNetwork):
        return {"kind": "made", "is_scaled": False}
    if isinstance(module, TableEncoder):
        embedding = module.embedding
        n_columns = None if module.categories is None else len(module.categories.bounds)
        return {
            "kind": "table",
            "is_scaled": isinstance(module.scaler, InputScaler),
            "embedding": None
            if embedding is None
            else _EMBEDDING_NAMES.get(type(embedding)),
            "n_categorical": n_columns,
        }
    if isinstance(module, nn.Identity | InputScaler):
        return {"kind": "numbers", "is_scaled": isinstance(module, InputScaler)}
    raise unsavable("built_with.encoder", writer.owner, module)


def rebuild_encoders(
    said: Any, shapes: Mapping[str, Shape], reader: Reader, prefixes: Mapping[str, str]
) -> dict[str, tuple[nn.Module, int]]:
    """Return the encoder of each input, and the number of its features.

    `prefixes` say how the names of their tensors start.
    """
    inputs = check(said["inputs"], dict)
    if set(inputs) != set(shapes):
        raise refuse("a card with encoders of other inputs than it has")
    made: dict[str, nn.Module] = {}
    for group in check(said["made"], list):
        factory = reader.read(group["factory"])
        chosen = {name: shapes[name] for name in group["inputs"]}
        made |= _make(factory, chosen, reader.tensors)
    encoders = {}
    for name in shapes:
        kind, is_scaled = inputs[name]["kind"], inputs[name]["is_scaled"]
        prefix = prefixes[name]
        if kind == "made":
            module = made[name]
            width: Any = module.out_features
            if is_scaled:
                scaler = ChannelScaler(np.zeros(()), np.ones(()))
                _adopt(scaler, f"{prefix}.0", reader.tensors)
                module = nn.Sequential(scaler, module)
        elif kind == "table":
            module = _rebuild_table(inputs[name], prefix, reader.tensors)
            width = module.out_features
        elif kind == "numbers":
            (width,) = shapes[name]
            module = _rebuild_scaler(is_scaled, prefix, reader.tensors)
        else:
            raise refuse(f"a card with an encoder of the unknown kind {kind!r}")
        encoders[name] = module, int(width)
    return encoders


def _make(
    factory: Any, shapes: Mapping[str, Shape], tensors: NamedTensors
) -> dict[str, nn.Module]:
    """Return modules without memory for inputs of these shapes."""
    check(factory, ConvolutionalEncoder)
    check_count(factory.n_convolutions, tensors)
    check_count(len(factory.channels), tensors)
    with torch.device("meta"):
        if factory.shares_inputs:
            return factory(shapes)
        return {name: factory(shape) for name, shape in shapes.items()}


def check_count(count: Any, tensors: NamedTensors) -> None:
    """Raise if there are to be more layers than tensors, which takes for ever."""
    if check(count, int) > len(tensors.shapes):
        raise refuse(f"a card with {count} layers or networks")


def _rebuild_scaler(is_scaled: bool, prefix: str, tensors: NamedTensors) -> nn.Module:
    if not is_scaled:
        return nn.Identity()
    scaler = InputScaler(np.zeros(1), np.ones(1))
    _adopt(scaler, prefix, tensors)
    return scaler


def _rebuild_table(said: Any, prefix: str, tensors: NamedTensors) -> TableEncoder:
    shapes = tensors.shapes
    (n_numeric,) = shapes[f"{prefix}.numeric"]
    embedding = None
    if said["embedding"] is not None:
        embedding = _rebuild_embedding(
            said["embedding"], n_numeric, f"{prefix}.embedding", tensors
        )
    categories = None
    if said["n_categorical"] is not None:
        place = f"{prefix}.categories"
        check_count(said["n_categorical"], tensors)
        sizes = [
            shapes[f"{place}.weights.{k}"][0] for k in range(said["n_categorical"])
        ]
        categories = CategoryEmbedding([np.zeros(size) for size in sizes])
        lengths = [
            shapes[f"{place}.weights.{k}"][1] for k in range(said["n_categorical"])
        ]
        if lengths != categories.lengths:
            raise refuse("a file with vectors of categories of another length")
        _adopt(categories, place, tensors)
    empty = {n: np.zeros(shapes[f"{prefix}.{n}"], np.int64) for n in _INDICES}
    encoder = TableEncoder(
        _rebuild_scaler(said["is_scaled"], f"{prefix}.scaler", tensors),
        embedding,
        empty["gaps"],
        categories,
        (empty["numeric"], empty["categorical"]),
    )
    for name in _INDICES:
        tensor = tensors.take(f"{prefix}.{name}", 1)
        setattr(encoder, name, tensor)
    return encoder


_INDICES = ("gaps", "numeric", "categorical")


def _rebuild_embedding(
    kind: Any, n_columns: int, prefix: str, tensors: NamedTensors
) -> nn.Module:
    """Return what makes features of columns, as large as its tensors."""
    module: Any
    if kind == "piecewise_linear":
        module = PiecewiseLinear([])
        _adopt(module, prefix, tensors)
        module.out_features = n_columns + len(module.columns)
    elif kind == "linear_relu":
        module = LinearRelu(1, 1)
        _adopt(module, prefix, tensors)
        module.out_features = module.weight.numel()
    elif kind in ("pbld", "plr"):
        module = (PBLD if kind == "pbld" else PLR)(1, 2, 1, 1.0)
        _adopt(module, prefix, tensors)
        module.out_features = module.linear.bias.numel()
        module.out_features += n_columns if kind == "pbld" else 0
    else:
        raise refuse(f"a card with the unknown embedding {kind!r}")
    return module


_EMBEDDING_NAMES: dict[type, str] = {
    PiecewiseLinear: "piecewise_linear",
    LinearRelu: "linear_relu",
    PBLD: "pbld",
    PLR: "plr",
}


def _adopt(module: nn.Module, prefix: str, tensors: NamedTensors) -> None:
    """Give a module the tensors of the file, whatever their sizes are."""
    for part_name, part in module.named_modules():
        place = f"{prefix}.{part_name}" if part_name else prefix
        for name, own in part.named_parameters(recurse=False):
            tensor = tensors.take(f"{place}.{name}", own.ndim)
            setattr(part, name, nn.Parameter(tensor))
        for name, own in part.named_buffers(recurse=False):
            n_axes = None if isinstance(module, ChannelScaler) else own.ndim
            setattr(part, name, tensors.take(f"{place}.{name}", n_axes))
