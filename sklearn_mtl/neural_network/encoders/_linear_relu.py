import math
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor, nn

from sklearn_mtl.neural_network.encoders._embedding import (
    NumericEmbedding,
    TrainingColumns,
)


@dataclass(repr=False, eq=False)
class LinearReluEncoder(NumericEmbedding):
    """Linear functions of each column, cut at zero.

    The features of column j are ``max(w_jk x_j + b_jk, 0)`` for k = 1, ..., `n_units`,
    where w_jk and b_jk are learnt.

    Parameters
    ----------
    n_units : int, default=8
        The number of features of a column.

    See Also
    --------
    PiecewiseLinearEncoder : Bends that are put where the values are.

    References
    ----------
    Gorishniy, Y., Rubachev, I. and Babenko, A. (2022). On embeddings for numerical
    features in tabular deep learning. NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.encoders import LinearReluEncoder
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (64,), encoder=LinearReluEncoder(4), max_epochs=20, random_state=0
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    n_units: int = 8

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_units": [Interval(Integral, 1, None, closed="left")]
    }

    def embed(self, columns: TrainingColumns) -> "LinearRelu":
        """Return the module for these columns.

        Parameters
        ----------
        columns : TrainingColumns
            The training rows.

        Returns
        -------
        LinearRelu
            The module.
        """
        self._validate_params()
        return LinearRelu(columns.Z.shape[1], self.n_units)


class LinearRelu(nn.Module):
    def __init__(self, n_columns: int, n_units: int):
        super().__init__()
        bound = math.sqrt(3)
        shape = n_columns, n_units
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.out_features = n_columns * n_units

    def forward(self, Z: Tensor) -> Tensor:
        return torch.addcmul(self.bias, Z.unsqueeze(2), self.weight).relu().flatten(1)
