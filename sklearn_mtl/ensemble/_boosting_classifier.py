"""Boosted trees that classify several columns at once."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from sklearn_mtl.ensemble import _boosting_docs as _docs
from sklearn_mtl.ensemble._base import ClassifierEnsembleMixin
from sklearn_mtl.ensemble._boosting_base import BaseMultiTaskBoosting


@dataclass(repr=False, eq=False)
class MultiTaskBoostingClassifier(ClassifierEnsembleMixin, BaseMultiTaskBoosting):
    __doc__ = f"""x {_docs}"""

    _: KW_ONLY
    class_weight: Any = None

    _parameter_constraints = {
        **BaseMultiTaskBoosting._parameter_constraints,
        "class_weight": [dict, list, tuple, str, None],
    }

    def _probabilities(self, X: Any) -> list[np.ndarray]:
        return self._trees.outputs.split_probabilities(self._means(X))
