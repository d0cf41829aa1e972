"""Inputs on a common scale, outliers drawn in."""

from collections.abc import Callable

import numpy as np
import torch
from scipy import sparse
from sklearn.utils.sparsefuncs import mean_variance_axis
from torch import Tensor, nn

from sklearn_mtl._validation import largest_number
from sklearn_mtl.neural_network.encoders._quantiles import weighted_quantiles

# Rows that are made float64 at once to add them up.
_ROWS_AT_ONCE = 1024
# Standard deviations between the quartiles of a normal distribution.
_QUARTILES_APART = 1.349
_IMAGES_AT_ONCE = 128
# Its square is a number of every precision.
_LARGEST = 1e9


class InputScaler(nn.Module):
    """Bring each feature to a common scale, then bend it smoothly towards ±`limit`.

    z = (x - center) / spread, then z / sqrt(1 + (z / limit)²): near the identity for
    most values, and bounded for the rest, such as the ones of a rare binary feature.
    What is missing becomes 0, the center.
    """

    center: Tensor
    scale: Tensor
    one: Tensor

    def __init__(self, center: np.ndarray, spread: np.ndarray, limit: float = 5.0):
        super().__init__()
        # The spread of a constant is rounding noise.
        varies = spread > np.finfo(np.float32).eps * np.abs(center)
        self.limit = limit
        self.register_buffer("center", torch.as_tensor(center))
        self.register_buffer("scale", torch.as_tensor(1 / np.where(varies, spread, 1)))
        self.register_buffer("one", torch.ones(()))

    def forward(self, X: Tensor) -> Tensor:
        z = ((X - self.center) * self.scale).clamp(-_LARGEST, _LARGEST)
        bent = z * torch.addcmul(self.one, z, z, value=self.limit**-2).rsqrt()
        return bent.nan_to_num(0.0)


class ChannelScaler(nn.Module):
    """Standardise each channel of images or sound."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: np.ndarray, variance: np.ndarray):
        super().__init__()
        std = np.sqrt(variance)
        # The spread of a constant is rounding noise.
        varies = std > np.finfo(np.float32).eps * np.abs(mean)
        self.register_buffer("mean", torch.as_tensor(mean))
        self.register_buffer("std", torch.as_tensor(np.where(varies, std, 1.0)))

    def forward(self, X: Tensor) -> Tensor:
        return (X - self.mean) / self.std


def robust_moments(X: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the center and the spread of each feature, whatever its tails are like.

    They are the median, and the standard deviation of a normal distribution with the
    same quartiles. A feature of two values, or of one in most rows, has the mean and
    the standard deviation instead. Missing values are left out.
    """
    mean, variance = weighted_moments(X, np.arange(len(X)), weights)
    levels = 0, 0.25, 0.5, 0.75, 1
    bottom, low, median, high, top = weighted_quantiles(X, weights, levels)
    spread = (high - low) / _QUARTILES_APART
    # Column by column, as a table of truth values is a table, too.
    seen = weights > 0
    has_more = np.array(
        [
            np.any((column > bottom[j]) & (column < top[j]) & seen)
            for j, column in enumerate(X.T)
        ],
        dtype=bool,
    )
    is_robust = (spread > 0) & has_more
    std = np.sqrt(variance)
    center = np.where(is_robust, median, mean)
    return np.nan_to_num(center), np.nan_to_num(np.where(is_robust, spread, std))


def weighted_moments(
    X: np.ndarray, rows: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean and variance of each feature over the rows.

    Missing values are left out. The table is read in blocks, never copied whole.
    """
    if sparse.issparse(X):
        if largest_number(X) > _LARGEST:
            # The variance is returned in the precision of the table.
            X = X.astype(np.float64)
        every_row = np.zeros(X.shape[0], dtype=X.dtype)
        every_row[rows] = weights
        mean, variance = mean_variance_axis(X, axis=0, weights=every_row)
        return mean.astype(np.float64), variance.astype(np.float64)
    blocks = [
        slice(start, start + _ROWS_AT_ONCE)
        for start in range(0, len(rows), _ROWS_AT_ONCE)
    ]

    def average(function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        total, weight = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        for block in blocks:
            values = function(X[rows[block]].astype(np.float64))
            known = ~np.isnan(values)
            total += weights[block] @ np.where(known, values, 0)
            weight += weights[block] @ known
        return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)

    mean = average(lambda values: values)
    return mean, average(lambda values: (values - mean) ** 2)


def channel_moments(
    X: np.ndarray, rows: np.ndarray, channel_axis: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and variance of each channel over the rows, to broadcast.

    Channels lie along an axis of the row; if it is None, or a row has no such axis, all
    numbers are one channel.
    """
    n_axes = len(X.shape) - 1
    channel = None
    if channel_axis is not None and -n_axes <= channel_axis < n_axes:
        channel = channel_axis % n_axes
    others = tuple(axis for axis in range(n_axes) if axis != channel)
    n_blocks = -(-len(rows) // _IMAGES_AT_ONCE)
    blocks = np.array_split(rows, n_blocks)

    def average(function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        sums = [function(X[block].astype(np.float64)).sum(axis=0) for block in blocks]
        return np.mean(sum(sums) / len(rows), axis=others, keepdims=True)

    mean = average(lambda images: images)
    return mean, average(lambda images: (images - mean) ** 2)
