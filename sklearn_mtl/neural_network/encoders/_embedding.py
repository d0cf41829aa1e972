"""What the numeric embeddings have in common: each column becomes several features."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from torch import nn


@dataclass(frozen=True)
class TrainingColumns:
    """What an embedding may learn from: columns on a common scale, without gaps.

    `Z` is (n, n_columns), and `weights` says how much each row counts. `find_targets`
    returns what the tasks are about, (n, k): a column per class or quantity, of mean 0
    and variance 1, and 0 where the label is missing.
    """

    Z: np.ndarray
    weights: np.ndarray
    find_targets: Callable[[], np.ndarray]


@dataclass(repr=False, eq=False)
class NumericEmbedding(BaseEstimator):
    """An encoder of tables that makes several features of each column.

    Networks first bring the columns to a common scale and fill their gaps; then they
    let the embedding learn from the training rows with `embed`. A subclass has `embed`,
    which returns an `nn.Module` from (n, n_columns) to (n, out_features) that has the
    integer attribute `out_features`. torch's global generator is lent to it for the
    first weights. Its parameters are its fields, so that they can be searched.

    See Also
    --------
    PiecewiseLinearEncoder : Where in its range a value is.
    PeriodicEncoder : Cosines of several frequencies.
    LinearReluEncoder : Linear functions, cut at zero.

    Examples
    --------
    One of your own, a linear layer:

    >>> from dataclasses import dataclass
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.encoders import NumericEmbedding
    >>> from torch import nn
    >>> @dataclass(repr=False, eq=False)
    ... class LinearEncoder(NumericEmbedding):
    ...     n_units: int = 32
    ...
    ...     def embed(self, columns):
    ...         return nn.Linear(columns.Z.shape[1], self.n_units)
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32,), encoder=LinearEncoder(), max_epochs=20, random_state=0
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {}

    @abstractmethod
    def embed(self, columns: TrainingColumns) -> nn.Module:
        """Return the module for these columns.

        Parameters
        ----------
        columns : TrainingColumns
            The training rows: columns `Z` on a common scale, their `weights`, and
            `find_targets()` for what the tasks say of them.

        Returns
        -------
        nn.Module
            The module, with the integer attribute `out_features`.
        """
