"""The encoders of several inputs, and what they make of a row together."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sklearn_mtl.neural_network._input_rows import InputBatch
from sklearn_mtl.neural_network._modules import ACTIVATIONS, seeded_linear


class InputEncoder(nn.Module):
    """Encode each input by itself, and average a row's projections on common units.

    h_i = activation(mean over the inputs k that row i has of (P_k encoder_k(x_ik))).
    An encoder gets the rows that have its input, and no others.
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        widths: Mapping[str, int],
        out_features: int,
        *,
        activation: str,
        generator: torch.Generator,
        dtype: torch.dtype,
    ):
        super().__init__()
        self.names = tuple(encoders)
        self.encoders = nn.ModuleDict(
            {name_module(name): encoder for name, encoder in encoders.items()}
        )
        self.projections = nn.ModuleDict(
            {
                name_module(name): seeded_linear(
                    widths[name], out_features, generator, dtype
                )
                for name in encoders
            }
        )
        self.activation = ACTIVATIONS[activation]()
        self.out_features = out_features

    def forward(self, X: InputBatch) -> Tensor:
        parts = {name: self._project(name, table) for name, table in X.tables.items()}
        if len(parts) == 1:
            ((name, part),) = parts.items()
            if X.places[name] is None:
                return self.activation(_first(part, len(X)))
        return self.activation(_average(parts, X))

    def encoder_of(self, name: str) -> nn.Module:
        """Return the encoder of an input."""
        return self.encoders[name_module(name)]

    def projection_of(self, name: str) -> nn.Module:
        """Return what brings an input to the common units."""
        return self.projections[name_module(name)]

    def _project(self, name: str, table: Tensor) -> Tensor:
        return self.projection_of(name)(self.encoder_of(name)(table))


class OneInputEncoder(nn.Module):
    """The encoder of the one input that rows have."""

    def __init__(self, name: str, encoder: nn.Module):
        super().__init__()
        self.names = (name,)
        self.encoder = encoder

    def forward(self, X: InputBatch) -> Tensor:
        return _first(self.encoder(X.tables[self.names[0]]), len(X))


def name_module(name: str) -> str:
    """Return a name that a module may have: one without dots, unlike its attributes."""
    return f"input {name}".replace(".", "\N{ONE DOT LEADER}")


def _first(rows: Tensor, n: int) -> Tensor:
    """Return the first n rows, without a step of the gradient where they are all."""
    return rows if len(rows) == n else rows[:n]


def _average(parts: Mapping[str, Tensor], X: InputBatch) -> Tensor:
    """Return the mean over the inputs of each row."""
    first = next(iter(parts.values()))
    every = torch.arange(len(X), device=first.device)
    places = [every if at is None else at for at in X.places.values()]
    found = [
        _first(part, len(at)) for part, at in zip(parts.values(), places, strict=True)
    ]
    rows = torch.cat(places)
    total = first.new_zeros(len(X), first.shape[1]).index_add(0, rows, torch.cat(found))
    if len(rows) == len(X):
        return total
    return total / torch.bincount(rows, minlength=len(X)).unsqueeze(1)
