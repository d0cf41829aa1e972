import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor, nn

from sklearn_mtl.neural_network.encoders._embedding import (
    NumericEmbedding,
    TrainingColumns,
)


@dataclass(repr=False, eq=False)
class PeriodicEncoder(NumericEmbedding):
    """Cosines of several frequencies, which are learnt, for each column.

    With `kind` "pbld" (periodic, bias, linear, dense) the features of column j are x_j
    and::

        W_j cos(2π f_j x_j + b_j) + c_j

    With "plr" (periodic, linear, rectified) they are::

        max(W_j [cos(2π f_j x_j), sin(2π f_j x_j)] + c_j, 0)

    where all of f_j, b_j, W_j and c_j are learnt.

    Parameters
    ----------
    n_units : int, default=4
        The number of features of a column.
    n_frequencies : int, default=16
        The number of frequencies of a column.
    frequency_scale : float, default=0.1
        The standard deviation of the frequencies at first, in periods per unit. A unit
        is about a standard deviation of the column.
    kind : {"pbld", "plr"}, default="pbld"
        What the cosines are made into.

    See Also
    --------
    PiecewiseLinearEncoder : Where in its range a value is.

    References
    ----------
    Gorishniy, Y., Rubachev, I. and Babenko, A. (2022). On embeddings for numerical
    features in tabular deep learning. NeurIPS.

    Holzmüller, D., Grinsztajn, L. and Steinwart, I. (2024). Better by default: strong
    pre-tuned MLPs and boosted trees on tabular data. NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.encoders import PeriodicEncoder
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (64,), encoder=PeriodicEncoder(), max_epochs=20, random_state=0
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    n_units: int = 4
    n_frequencies: int = 16
    frequency_scale: float = 0.1
    kind: str = "pbld"

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_units": [Interval(Integral, 2, None, closed="left")],
        "n_frequencies": [Interval(Integral, 1, None, closed="left")],
        "frequency_scale": [Interval(Real, 0, None, closed="neither")],
        "kind": [StrOptions({"pbld", "plr"})],
    }

    def embed(self, columns: TrainingColumns) -> nn.Module:
        """Return the module for these columns.

        Parameters
        ----------
        columns : TrainingColumns
            The training rows.

        Returns
        -------
        torch.nn.Module
            The module.
        """
        self._validate_params()
        make = PBLD if self.kind == "pbld" else PLR
        return make(
            columns.Z.shape[1], self.n_units, self.n_frequencies, self.frequency_scale
        )


class ColumnwiseLinear(nn.Module):
    """A linear layer for each column, of (n, n_columns, k) to (n, n_columns * m)."""

    def __init__(self, n_columns: int, n_in: int, n_out: int):
        super().__init__()
        bound = 1 / math.sqrt(n_in)
        weight = torch.empty(n_columns, n_in, n_out).uniform_(-bound, bound)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(n_columns * n_out))

    def forward(self, input: Tensor) -> Tensor:
        by_column = torch.bmm(input.transpose(0, 1), self.weight)
        return by_column.transpose(0, 1).flatten(1) + self.bias


class PLR(nn.Module):
    def __init__(self, n_columns: int, n_units: int, n_frequencies: int, scale: float):
        super().__init__()
        frequencies = 2 * math.pi * scale * torch.randn(n_columns, n_frequencies)
        self.frequencies = nn.Parameter(frequencies)
        self.linear = ColumnwiseLinear(n_columns, 2 * n_frequencies, n_units)
        self.out_features = n_columns * n_units

    def forward(self, Z: Tensor) -> Tensor:
        angles = Z.unsqueeze(2) * self.frequencies
        return self.linear(torch.cat([angles.cos(), angles.sin()], dim=2)).relu()


class PBLD(nn.Module):
    def __init__(self, n_columns: int, n_units: int, n_frequencies: int, scale: float):
        super().__init__()
        frequencies = 2 * math.pi * scale * torch.randn(n_columns, n_frequencies)
        self.frequencies = nn.Parameter(frequencies)
        phases = torch.empty(n_columns, n_frequencies).uniform_(-math.pi, math.pi)
        self.phases = nn.Parameter(phases)
        self.linear = ColumnwiseLinear(n_columns, n_frequencies, n_units - 1)
        self.out_features = n_columns * n_units

    def forward(self, Z: Tensor) -> Tensor:
        angles = torch.addcmul(self.phases, Z.unsqueeze(2), self.frequencies)
        return torch.cat([Z, self.linear(angles.cos())], dim=1)
