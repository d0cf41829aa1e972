"""Inputs on a common scale, outliers drawn in."""

from collections.abc import Callable

import numpy as np
import torch
from scipy import sparse
from sklearn.utils.sparsefuncs import mean_variance_axis
from torch import Tensor, nn

# Rows that are made float64 at once to add them up.
_ROWS_AT_ONCE = 4096
_IMAGES_AT_ONCE = 128


class InputScaler(nn.Module):
    """Standardise each feature, then bend it smoothly towards ±`limit`.

    z = (x - mean) / std, then z / sqrt(1 + (z / limit)²): near the identity for most
    values, and bounded for the rest, such as the ones of a rare binary feature.
    """

    scale: Tensor
    offset: Tensor
    one: Tensor

    def __init__(self, mean: np.ndarray, variance: np.ndarray, limit: float = 5.0):
        super().__init__()
        std = np.sqrt(variance)
        # The spread of a constant is rounding noise.
        varies = std > np.finfo(np.float32).eps * np.abs(mean)
        scale = 1 / np.where(varies, std, 1.0)
        self.limit = limit
        self.register_buffer("scale", torch.as_tensor(scale))
        self.register_buffer("offset", torch.as_tensor(-mean * scale))
        self.register_buffer("one", torch.ones(()))

    def forward(self, X: Tensor) -> Tensor:
        z = torch.addcmul(self.offset, X, self.scale)
        return z * torch.addcmul(self.one, z, z, value=self.limit**-2).rsqrt()


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


def weighted_moments(
    X: np.ndarray, rows: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean and variance of each feature over the rows.

    The table is read in blocks, never copied whole.
    """
    if sparse.issparse(X):
        every_row = np.zeros(X.shape[0], dtype=X.dtype)
        every_row[rows] = weights
        mean, variance = mean_variance_axis(X, axis=0, weights=every_row)
        return mean.astype(np.float64), variance.astype(np.float64)
    shares = weights / weights.sum()
    blocks = [
        slice(start, start + _ROWS_AT_ONCE)
        for start in range(0, len(rows), _ROWS_AT_ONCE)
    ]
    mean = np.zeros(X.shape[1])
    for block in blocks:
        mean += shares[block] @ X[rows[block]].astype(np.float64)
    variance = np.zeros(X.shape[1])
    for block in blocks:
        variance += shares[block] @ (X[rows[block]] - mean) ** 2
    return mean, variance


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
