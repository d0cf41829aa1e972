"""The weights of a penalty that are tried, from large to small."""

import numpy as np

# How much farther a path goes where the penalty is squared.
_FARTHER = 0.1


def find_ends(alpha_max: float, curvature: float, eps: float) -> tuple[float, float]:
    """Return the largest weight to try, and the smallest.

    Where no weight is known that makes all coefficients 0, what a squared penalty does
    depends on the ratio of its weight to the curvature of the loss.
    """
    if np.isfinite(alpha_max):
        top = alpha_max or 1.0
        return top, eps * top
    curvature = curvature or 1.0
    return curvature, _FARTHER * eps * curvature


def make_path(top: float, bottom: float, n_alphas: int) -> np.ndarray:
    """Return so many weights in geometric steps."""
    return np.geomspace(top, bottom, n_alphas) if n_alphas > 1 else np.array([top])


def extend_path(alphas: np.ndarray, n_more: int, *, upwards: bool) -> np.ndarray:
    """Return so many weights before the first one, or after the last."""
    ratio = alphas[1] / alphas[0]
    steps = np.arange(1, n_more + 1)
    if upwards:
        return alphas[0] * ratio ** -steps[::-1].astype(float)
    return alphas[-1] * ratio**steps
