"""Thresholds that several proxes are made of."""

from collections.abc import Callable

import numpy as np


def shrink_entries(W: np.ndarray, threshold: float | np.ndarray) -> np.ndarray:
    """Move every entry towards 0 by the threshold, and not past it."""
    return W - np.clip(W, -threshold, threshold)


def shrink_rows(W: np.ndarray, threshold: float) -> np.ndarray:
    """Move the norm of every row towards 0 by the threshold, and not past it."""
    norms = np.linalg.norm(W, axis=1, keepdims=True)
    return W * (1 - threshold / np.maximum(norms, max(threshold, np.spacing(0.0))))


def map_singular_values(
    W: np.ndarray, function: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Replace the singular values, which come in descending order, by others.

    One eigendecomposition on the smaller side, which is faster than an SVD.
    """
    if W.shape[0] < W.shape[1]:
        return map_singular_values(W.T, function).T
    _, vectors = np.linalg.eigh(W.T @ W)
    # Of the smallest ones the root is noise: measure them on W itself.
    rotated = W @ vectors[:, ::-1]
    singular = np.linalg.norm(rotated, axis=0)
    order = np.argsort(-singular, kind="stable")
    factors = np.zeros_like(singular)
    found = function(singular[order])
    np.divide(found, singular[order], out=factors, where=singular[order] > 0)
    kept = factors > 0
    chosen = order[kept]
    return (rotated[:, chosen] * factors[kept]) @ vectors[:, ::-1][:, chosen].T
