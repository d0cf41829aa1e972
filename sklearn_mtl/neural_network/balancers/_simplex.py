import numpy as np


def project_onto_simplex(v: np.ndarray) -> np.ndarray:
    """Return the nearest point with nonnegative entries that sum to 1."""
    falling = np.sort(v)[::-1]
    # The threshold if the entries up to each one, and only they, stay above 0.
    thresholds = (falling.cumsum() - 1) / np.arange(1, len(v) + 1)
    return np.maximum(v - thresholds[np.flatnonzero(falling > thresholds)[-1]], 0)
