"""From the inputs of a model to what a network takes."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sklearn_mtl.neural_network._input_encoder import InputEncoder, OneInputEncoder
from sklearn_mtl.neural_network._onnx._inputs import (
    CategoryInput,
    ModelInput,
    NumberInput,
)


class TableReader(nn.Module):
    """Put numbers and the codes of categories in their columns."""

    order: Tensor

    def __init__(self, positions: Sequence[int], n_columns: int, dtype: torch.dtype):
        super().__init__()
        self.dtype = dtype
        numeric = [j for j in range(n_columns) if j not in positions]
        order = torch.tensor([*numeric, *positions]).argsort()
        self.register_buffer("order", order)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        parts = [
            each if each.ndim > 1 else each.unsqueeze(1).to(self.dtype)
            for each in inputs
        ]
        return torch.cat(parts, dim=1).index_select(1, self.order)


class OnlyReader(nn.Module):
    """Take the only input that there is."""

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        (only,) = inputs
        return only


class NamedReader(nn.Module):
    """Take the rows of each named input, and which of them are there."""

    def __init__(self, names: Sequence[str]):
        super().__init__()
        self.names = names

    def forward(self, inputs: Sequence[Tensor]) -> dict[str, Sequence[Tensor]]:
        each = len(inputs) // len(self.names)
        return {
            name: inputs[each * k : each * (k + 1)] for k, name in enumerate(self.names)
        }


class NamedEncoder(nn.Module):
    """Encode the one named input of `OneInputEncoder`."""

    def __init__(self, of_input: OneInputEncoder):
        super().__init__()
        (self.name,) = of_input.names
        self.encoder = of_input.encoder

    def forward(self, X: Mapping[str, Sequence[Tensor]]) -> Tensor:
        return self.encoder(X[self.name][0])


class MaskedEncoder(nn.Module):
    """Encode all rows of all inputs of `InputEncoder`, and average what is there.

    Their number is not known beforehand, so none are picked out.
    """

    def __init__(self, of_inputs: InputEncoder):
        super().__init__()
        self.of_inputs = of_inputs

    def forward(self, X: Mapping[str, Sequence[Tensor]]) -> Tensor:
        parts, counts = [], []
        for name in self.of_inputs.names:
            rows, present = X[name]
            project = self.of_inputs.projection_of(name)
            part = project(self.of_inputs.encoder_of(name)(rows))
            # What an absent row holds may be anything.
            parts.append(torch.where(present.unsqueeze(1), part, 0))
            counts.append(present.to(part.dtype))
        mean = torch.stack(parts).sum(0) / torch.stack(counts).sum(0).unsqueeze(1)
        return self.of_inputs.activation(mean)


def make_reader(
    inputs: Sequence[ModelInput], estimator: Any, dtype: torch.dtype
) -> nn.Module:
    """Return what makes one argument of a network of the inputs."""
    if isinstance(estimator._row_shapes, Mapping):
        return NamedReader([i.name for i in inputs if isinstance(i, NumberInput)])
    if not any(isinstance(each, CategoryInput) for each in inputs):
        return OnlyReader()
    positions = estimator._categories.positions
    return TableReader(positions, estimator.n_features_in_, dtype)


def take_named_tensors(network: nn.Module) -> None:
    """Let the encoders of named inputs in a network take what `NamedReader` returns."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, OneInputEncoder):
                setattr(parent, name, NamedEncoder(child))
            elif isinstance(child, InputEncoder):
                setattr(parent, name, MaskedEncoder(child))
