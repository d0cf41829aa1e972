"""Regression targets on a common scale, so that no unit outweighs another."""

import numpy as np


class TargetScale:
    """Standardise quantities by their weighted mean and standard deviation.

    Class codes keep their values. The scale of a task is learnt from the first data
    that has labels of it.
    """

    def __init__(self, is_quantity: np.ndarray):
        self.unknown = is_quantity.copy()
        self.mean = np.zeros(len(is_quantity))
        self.scale = np.ones(len(is_quantity))

    def learn(self, values: np.ndarray, weights: np.ndarray) -> None:
        """Learn the scale of the tasks whose first labels these are."""
        total = weights.sum(axis=0)
        new = np.flatnonzero(self.unknown & (total > 0))
        values, weights = np.nan_to_num(values[:, new]), weights[:, new]
        weights = weights / total[new]
        self.mean[new] = (weights * values).sum(axis=0)
        deviations = np.where(weights > 0, values - self.mean[new], 0.0)
        # The squares of huge or tiny numbers overflow, or vanish.
        largest = np.abs(deviations).max(axis=0, initial=np.finfo(float).tiny)
        std = largest * np.sqrt((weights * (deviations / largest) ** 2).sum(axis=0))
        # The spread of a constant is rounding noise.
        varies = std > 1e-12 * np.abs(self.mean[new])
        self.scale[new] = np.where(varies, std, 1.0)
        self.unknown[new] = False

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return quantities in units of their standard deviation."""
        return values if self._is_neutral() else (values - self.mean) / self.scale

    def inverse_transform(self, values: np.ndarray) -> np.ndarray:
        """Return quantities in their own units."""
        return values if self._is_neutral() else values * self.scale + self.mean

    def _is_neutral(self) -> bool:
        """Whether nothing changes, as with classes alone."""
        return not self.mean.any() and bool((self.scale == 1).all())
