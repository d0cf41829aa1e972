from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor, nn

from sklearn_mtl.neural_network.encoders._embedding import (
    NumericEmbedding,
    TrainingColumns,
)
from sklearn_mtl.neural_network.encoders._quantiles import weighted_quantiles

# Bins of a column by the number of columns that there are at most: what a training step
# costs grows with all of them.
_N_BINS = ((64, 16), (320, 4))

# A bin that a tree makes has at least this share of the rows.
_MIN_SHARE = 0.01

# One over the width of a bin is a number of every precision.
_NARROWEST = 1e-30


@dataclass(repr=False, eq=False)
class PiecewiseLinearEncoder(NumericEmbedding):
    """Where in its range a value is: a feature for each bin of each column.

    A bin from a to b of column j has the feature::

        min(max((x_j - a) / (b - a), 0), 1)

    which is 1 for the bins below the value, 0 for those above, and in between in its
    own. So what follows can bend, or nearly jump, at every edge, as trees do. The
    column itself is a feature too. A column of two values gets no bins, and one of few
    values an edge at each.

    Parameters
    ----------
    n_bins : int or "auto", default="auto"
        The number of bins of a column, at most. "auto" has 16 for up to 64 columns, 4
        for up to 320, and none for more.
    bins : {"quantile", "tree"}, default="quantile"
        Where the edges are: at quantiles of the training rows, or where a regression
        tree of all tasks splits the column.

    See Also
    --------
    PeriodicEncoder : Features without edges.
    LinearReluEncoder : Bends that are learnt.

    References
    ----------
    Gorishniy, Y., Rubachev, I. and Babenko, A. (2022). On embeddings for numerical
    features in tabular deep learning. NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> from sklearn_mtl.neural_network.encoders import PiecewiseLinearEncoder
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (64,),
    ...     encoder=PiecewiseLinearEncoder(n_bins=4),
    ...     max_epochs=20,
    ...     random_state=0,
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    n_bins: Any = "auto"
    bins: str = "quantile"

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_bins": [Interval(Integral, 2, None, closed="left"), StrOptions({"auto"})],
        "bins": [StrOptions({"quantile", "tree"})],
    }

    def embed(self, columns: TrainingColumns) -> "PiecewiseLinear":
        """Return the module for these columns.

        Parameters
        ----------
        columns : TrainingColumns
            The training rows.

        Returns
        -------
        PiecewiseLinear
            The module.
        """
        self._validate_params()
        Z, weights = columns.Z, columns.weights
        n_bins = self._count_bins(Z.shape[1])
        if not n_bins:
            return PiecewiseLinear([np.empty(0)] * Z.shape[1])
        if self.bins == "tree":
            targets = columns.find_targets()
            edges = [_split_by_tree(z, targets, weights, n_bins) for z in Z.T]
        else:
            levels = np.linspace(0, 1, n_bins + 1).tolist()
            quantiles = weighted_quantiles(Z, weights, levels)
            edges = [np.unique(of_column) for of_column in quantiles.T]
        values = (np.unique(z[weights > 0]) for z in Z.T)
        return PiecewiseLinear(
            [
                of_values if len(of_values) <= n_bins + 1 else of_bins
                for of_values, of_bins in zip(values, edges, strict=True)
            ]
        )

    def _count_bins(self, n_columns: int) -> int:
        if self.n_bins != "auto":
            return int(self.n_bins)
        return next((n_bins for most, n_bins in _N_BINS if n_columns <= most), 0)


class PiecewiseLinear(nn.Module):
    """The columns, and a feature for each bin between two edges of a column."""

    columns: Tensor
    lower: Tensor
    slope: Tensor

    def __init__(self, edges: list[np.ndarray]):
        super().__init__()
        bins = [
            (j, lower, 1 / max(upper - lower, _NARROWEST))
            for j, of_column in enumerate(edges)
            # A bin between the only two values would be the column again.
            if len(of_column) > 2
            for lower, upper in pairwise(of_column)
        ]
        columns, lower, slope = zip(*bins, strict=True) if bins else ((), (), ())
        self.register_buffer("columns", torch.tensor(columns, dtype=torch.int64))
        self.register_buffer("lower", torch.tensor(lower, dtype=torch.float64))
        self.register_buffer("slope", torch.tensor(slope, dtype=torch.float64))
        self.out_features = len(edges) + len(bins)

    def forward(self, Z: Tensor) -> Tensor:
        within = (Z.index_select(1, self.columns) - self.lower) * self.slope
        return torch.cat([Z, within.clamp(0, 1)], dim=1)


def _split_by_tree(
    z: np.ndarray, targets: np.ndarray, weights: np.ndarray, n_bins: int
) -> np.ndarray:
    """Return the edges at which a tree of all targets splits a column, and its ends."""
    from sklearn.tree import DecisionTreeRegressor

    tree = DecisionTreeRegressor(
        max_leaf_nodes=n_bins, min_weight_fraction_leaf=_MIN_SHARE, random_state=0
    )
    tree.fit(z[:, np.newaxis], targets, sample_weight=weights)
    splits = tree.tree_.threshold[tree.tree_.feature >= 0]
    seen = z[weights > 0]
    return np.unique([seen.min(), *splits, seen.max()])
