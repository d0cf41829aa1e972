"""The best of all spectra between two bounds: what box norms are made of."""

import numpy as np


def best_spectrum(s: np.ndarray, low: float, high: float, total: float) -> np.ndarray:
    """Return the θ in [low, high] of the given sum that minimises Σ s² / θ.

    They are u s cut to [low, high], where u makes the sum right: it is linear in u
    between the values where one of them reaches a bound. Where s is 0 they are low.
    """
    positive = s[s > np.finfo(np.float64).tiny / np.finfo(np.float64).eps]
    if not len(positive):
        return np.full_like(s, low)
    breaks = np.sort(np.concatenate([low / positive, high / positive]))
    sums = np.clip(np.outer(breaks, s), low, high).sum(axis=1)
    return np.clip(np.interp(total, sums, breaks) * s, low, high)
