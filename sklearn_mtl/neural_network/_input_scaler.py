"""Inputs on a common scale, outliers drawn in."""

import numpy as np
import torch
from scipy import sparse
from sklearn.utils.sparsefuncs import mean_variance_axis
from torch import Tensor, nn

# Rows that are made float64 at once to add them up.
_ROWS_AT_ONCE = 4096


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
    """Standardise each channel of images or sound, by the rows of a sample.

    Channels lie along an axis of the row; if it is None, or a row has no such axis, all
    numbers are one channel.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, sample: np.ndarray, channel_axis: int | None):
        super().__init__()
        n_axes = sample.ndim - 1
        axis = None
        if channel_axis is not None and -n_axes <= channel_axis < n_axes:
            axis = 1 + channel_axis % n_axes
        others = tuple(k for k in range(sample.ndim) if k != axis)
        sample = sample.astype(np.float64)
        mean = sample.mean(axis=others, keepdims=True)[0]
        std = sample.std(axis=others, keepdims=True)[0]
        # The spread of a constant is rounding noise.
        std[std <= np.finfo(np.float32).eps * np.abs(mean)] = 1.0
        self.register_buffer("mean", torch.as_tensor(mean))
        self.register_buffer("std", torch.as_tensor(std))

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
