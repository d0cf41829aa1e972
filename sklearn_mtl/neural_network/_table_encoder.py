"""What makes features of a table: a common scale, gaps, embeddings, categories."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from sklearn_mtl.neural_network._category_embedding import CategoryEmbedding
from sklearn_mtl.neural_network._input_scaler import (
    InputScaler,
    robust_moments,
    weighted_moments,
)
from sklearn_mtl.neural_network.encoders._embedding import (
    NumericEmbedding,
    TrainingColumns,
)

# So many numbers tell what the columns are like.
_MAX_NUMBERS = 2**21


class TableEncoder(nn.Module):
    """Scale the numbers of a table and embed them, and look up its categories.

    Parameters
    ----------
    scaler : nn.Module
        Brings the numeric columns to a common scale, and fills their gaps.
    embedding : nn.Module or None
        Makes features of the scaled columns.
    gaps : ndarray of int
        The columns of which the training rows miss some: each gets an indicator.
    categories : CategoryEmbedding or None
        Makes features of the categorical columns.
    positions : tuple of two ndarrays of int
        Where the numeric and the categorical columns are.
    """

    gaps: Tensor
    numeric: Tensor
    categorical: Tensor

    def __init__(
        self,
        scaler: nn.Module,
        embedding: nn.Module | None,
        gaps: np.ndarray,
        categories: CategoryEmbedding | None,
        positions: tuple[np.ndarray, np.ndarray],
    ):
        super().__init__()
        self.scaler = scaler
        self.embedding = embedding
        self.categories = categories
        numeric, categorical = positions
        self.register_buffer("gaps", torch.as_tensor(gaps))
        self.register_buffer("numeric", torch.as_tensor(numeric))
        self.register_buffer("categorical", torch.as_tensor(categorical))
        embedded: Any = len(numeric) if embedding is None else embedding.out_features
        looked_up = 0 if categories is None else categories.out_features
        self.out_features = embedded + len(gaps) + looked_up

    @property
    def only_scales(self) -> bool:
        """Whether all that it does is to scale."""
        return self.embedding is self.categories is None and not len(self.gaps)

    def is_like(self, other: "TableEncoder") -> bool:
        """Return whether the other is for the same columns, and of the same kind."""
        return (
            torch.equal(self.numeric.cpu(), other.numeric)
            and torch.equal(self.categorical.cpu(), other.categorical)
            and type(self.embedding) is type(other.embedding)
        )

    def forward(self, X: Tensor) -> Tensor:
        numbers = X if self.categories is None else X.index_select(1, self.numeric)
        Z = self.scaler(numbers)
        parts = [Z if self.embedding is None else self.embedding(Z)]
        if len(self.gaps):
            parts.append(X.index_select(1, self.gaps).isnan().to(Z.dtype))
        if self.categories is not None:
            parts.append(self.categories(X.index_select(1, self.categorical)))
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


def learn_table_encoder(
    table: Any,
    rows: np.ndarray,
    weights: np.ndarray,
    *,
    scale: bool,
    embedding: NumericEmbedding | None,
    n_categories: Mapping[int, int],
    find_targets: Callable[[np.ndarray], np.ndarray],
) -> TableEncoder:
    """Return the encoder of a table, which learns from some of its rows.

    Parameters
    ----------
    table : array-like of shape (n_samples, n_columns)
        What can be indexed by rows; codes in the categorical columns.
    rows : ndarray of int
        The rows to learn from.
    weights : ndarray of shape (n_rows,)
        How much each of these counts.
    scale : bool
        Whether the numbers are brought to a common scale; if not, none may be missing.
    embedding : NumericEmbedding or None
        What makes several features of a numeric column.
    n_categories : mapping of int to int
        The number of categories of each categorical column.
    find_targets : callable
        Returns what the tasks say of some of the rows, given their places.
    """
    n_columns = table.shape[1]
    is_sparse = sparse.issparse(table)
    if is_sparse and embedding is None:
        mean, variance = weighted_moments(table, rows, weights)
        every, none = np.arange(n_columns), np.arange(0)
        scaler = InputScaler(mean, np.sqrt(variance)) if scale else nn.Identity()
        return TableEncoder(scaler, None, none, None, (every, none))
    all_weights, places = weights, _choose(len(rows), n_columns)
    sample, weights = _read(table, rows[places]), weights[places]
    is_categorical = np.isin(np.arange(n_columns), list(n_categories))
    numeric = np.flatnonzero(~is_categorical)
    numbers = sample if len(numeric) == n_columns else sample[:, numeric]
    moments = robust_moments(numbers, weights) if scale else None
    scaler = nn.Identity() if moments is None else InputScaler(*moments)
    module = None
    if embedding is not None:
        Z = scaler(torch.from_numpy(numbers)).numpy()
        columns = TrainingColumns(Z, weights, lambda: find_targets(places))
        module = embedding.embed(columns)
    seen = weights > 0
    has_gaps = [np.isnan(column[seen]).any() for column in numbers.T]
    return TableEncoder(
        scaler,
        module,
        numeric[np.array(has_gaps, dtype=bool)],
        _learn_categories(table, rows, all_weights, n_categories),
        (numeric, np.flatnonzero(is_categorical)),
    )


def _read(table: Any, rows: np.ndarray) -> np.ndarray:
    found = table[rows]
    is_sparse = sparse.issparse(found)
    dense = np.asarray(found.toarray() if is_sparse else found)
    return dense if dense.dtype in (np.float32, np.float64) else dense.astype(float)


def _choose(n_rows: int, n_columns: int) -> np.ndarray:
    """Return the places of some of the rows if they are many."""
    n_chosen = max(_MAX_NUMBERS // max(n_columns, 1), 1)
    if n_rows <= n_chosen:
        return np.arange(n_rows)
    return np.sort(np.random.RandomState(0).permutation(n_rows)[:n_chosen])


def _learn_categories(
    table: Any, rows: np.ndarray, weights: np.ndarray, n_categories: Mapping[int, int]
) -> CategoryEmbedding | None:
    counts = []
    for column, size in sorted(n_categories.items()):
        codes = table[rows, column]
        known = ~np.isnan(codes)
        # Where none is known there is one that was never seen.
        n_codes = max(size, 1)
        counts.append(np.bincount(codes[known].astype(int), weights[known], n_codes))
    return CategoryEmbedding(counts) if counts else None
