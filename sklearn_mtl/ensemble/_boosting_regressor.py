"""Boosted trees that predict several quantities at once."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklearn_mtl.ensemble import _boosting_docs as _docs
from sklearn_mtl.ensemble._base import LabelledRows, RegressorEnsembleMixin
from sklearn_mtl.ensemble._boosting_base import BaseMultiTaskBoosting
from sklearn_mtl.ensemble._forest import _find_scale


@dataclass(repr=False, eq=False)
class MultiTaskBoostingRegressor(RegressorEnsembleMixin, BaseMultiTaskBoosting):
    __doc__ = f"""x {_docs}"""

    def _quantities(self, X: Any) -> np.ndarray:
        return self._means(X) * self._scale + self._center

    def _read(self, X: Any, y: Any, sample_weight: Any) -> LabelledRows:
        """Return what `fit` was given, in units of the standard deviation of a task."""
        rows = super()._read(X, y, sample_weight)
        self._center, self._scale = _find_scale(rows.encoded, rows.weights)
        return replace(rows, encoded=(rows.encoded - self._center) / self._scale)
