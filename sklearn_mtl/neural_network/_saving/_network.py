"""The network of a saved model: laid out without memory, and then filled."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sklearn_mtl._validation import check_option
from sklearn_mtl.datasets import combine_inputs
from sklearn_mtl.neural_network._building import PRECISIONS, build_trunk
from sklearn_mtl.neural_network._input_encoder import (
    InputEncoder,
    OneInputEncoder,
    name_module,
)
from sklearn_mtl.neural_network._input_rows import open_rows
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._saving._encoders import (
    TABLE,
    check_count,
    describe_encoder,
    rebuild_encoders,
)
from sklearn_mtl.neural_network._saving._reader import Reader, check
from sklearn_mtl.neural_network._saving._refusal import refuse
from sklearn_mtl.neural_network._saving._tensors import NamedTensors, fill_like
from sklearn_mtl.neural_network._saving._writer import Writer
from sklearn_mtl.neural_network._task_groups import OutputLayout

# A larger image is not tried: what is made of it may take a lot of memory.
_LARGEST_TRIAL = 2**18


def describe_network(
    module: Network,
    built_with: Mapping[str, Any],
    row_shapes: Any,
    writer: Writer,
    name: str,
) -> dict[str, Any]:
    """Return what is to be said of a network, and store its tensors."""
    names = list(row_shapes) if isinstance(row_shapes, dict) else None
    said = describe_encoder(
        module.encoder, built_with["encoder"], names, writer, "built_with.encoder"
    )
    prefix = f"{name}module"
    for tensor_name, tensor in _named_tensors(module):
        stored = writer.store(f"{prefix}.{tensor_name}", tensor)
        if stored != f"{prefix}.{tensor_name}":
            raise AssertionError(f"two tensors are called {tensor_name!r}")
    dtype = str(module.heads.weight.dtype).removeprefix("torch.")
    return {"encoder": said, "dtype": dtype, "tensors": prefix}


def _named_tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield parameters and buffers, also those that torch does not save."""
    yield from module.named_parameters()
    yield from module.named_buffers()


def rebuild_network(
    said: Any, settings: Any, layout: OutputLayout, row_shapes: Any, reader: Reader
) -> Network:
    """Return the network of a card. `settings` has what it was made from."""
    tensors, prefix = reader.tensors, check(said["tensors"], str)
    check_option(said["dtype"], PRECISIONS, "dtype", "the card")
    dtype = PRECISIONS[said["dtype"]][1]
    check_count(settings.n_networks, tensors)
    check_count(len(settings.hidden_layer_sizes), tensors)
    generator = torch.Generator().manual_seed(0)
    encoder, n_features = _rebuild_encoder(
        said["encoder"], settings, row_shapes, reader, f"{prefix}.encoder", dtype
    )
    _check_layers(settings, n_features, tensors)
    trunk = build_trunk(
        settings, n_features, layout.n_tasks, generator, dtype, device="meta"
    )
    n_outputs = sum(len(group.tasks) * group.width for group in layout.groups)
    constants = torch.empty(n_outputs, dtype=dtype, device="meta")
    module = Network(encoder.to(dtype), trunk, layout, constants)
    _fill(module, prefix, tensors)
    _try(module, row_shapes, tensors)
    return module.eval()


def _rebuild_encoder(
    said: Any,
    settings: Any,
    row_shapes: Any,
    reader: Reader,
    prefix: str,
    dtype: torch.dtype,
) -> tuple[nn.Module, int]:
    if not isinstance(row_shapes, dict):
        shapes, prefixes = {TABLE: row_shapes}, {TABLE: prefix}
        return rebuild_encoders(said, shapes, reader, prefixes)[TABLE]
    if len(row_shapes) == 1:
        ((name, _),) = row_shapes.items()
        prefixes = {name: f"{prefix}.encoder"}
        encoder, width = rebuild_encoders(said, row_shapes, reader, prefixes)[name]
        return OneInputEncoder(name, encoder), width
    prefixes = {name: f"{prefix}.encoders.{name_module(name)}" for name in row_shapes}
    found = rebuild_encoders(said, row_shapes, reader, prefixes)
    widths = {name: width for name, (_, width) in found.items()}
    sizes = list(settings.hidden_layer_sizes)
    with torch.device("meta"):
        module = InputEncoder(
            {name: encoder for name, (encoder, _) in found.items()},
            widths,
            sizes[0] if sizes else max(widths.values()),
            activation=settings.activation,
            generator=torch.Generator().manual_seed(0),
            dtype=dtype,
        )
    return module, module.out_features


def _check_layers(settings: Any, n_features: int, tensors: NamedTensors) -> None:
    """Raise if layers of these sizes have more weights than there are numbers."""
    sizes = [n_features, *settings.hidden_layer_sizes]
    n_members = check(settings.n_members, int)
    weights = [check(a, int) * check(b, int) for a, b in pairwise(sizes)]
    if n_members > 1:
        weights.append(n_members * sizes[-1])
    if any(weight > tensors.n_numbers for weight in weights):
        raise refuse("a card with layers that are larger than its tensors")


def _fill(module: Network, prefix: str, tensors: NamedTensors) -> None:
    """Give a network the tensors that it has not taken yet."""
    filled: dict[int, Tensor] = {}
    for part_name, part in module.named_modules():
        place = f"{prefix}.{part_name}" if part_name else prefix
        for own in (part._parameters, part._buffers):
            for name, like in own.items():
                if like is None:
                    continue
                if id(like) not in filled:
                    full = f"{place}.{name}"
                    filled[id(like)] = _fill_one(like, full, tensors)
                own[name] = filled[id(like)]


def _fill_one(like: Tensor, name: str, tensors: NamedTensors) -> Any:
    if name not in tensors.left:
        if like.is_meta or name not in tensors.shapes:
            raise refuse(f"a file without the tensor {name!r}")
        return like
    tensor = fill_like(like, tensors.take(name), name)
    if isinstance(like, nn.Parameter):
        return nn.Parameter(tensor, requires_grad=like.requires_grad)
    return tensor


def _try(module: Network, row_shapes: Any, tensors: NamedTensors) -> None:
    """Let a row of zeros through the network, which finds what does not fit."""
    named = isinstance(row_shapes, dict)
    shapes = row_shapes if named else {TABLE: row_shapes}
    n_numbers = max(prod(shape) for shape in shapes.values())
    is_image = any(len(shape) > 1 for shape in shapes.values())
    if n_numbers > (_LARGEST_TRIAL if is_image else tensors.n_numbers + _LARGEST_TRIAL):
        return
    tables = {name: np.zeros((2, *shape), np.float32) for name, shape in shapes.items()}
    X = combine_inputs(tables) if named else tables[TABLE]
    rows = open_rows(X, "cpu", module.heads.weight.dtype)
    module.eval()
    with torch.inference_mode():
        outputs = module(rows.take(torch.arange(2)))
    if outputs.shape != (2, module.heads.out_features):
        raise refuse("a network that does not fit its tasks")
