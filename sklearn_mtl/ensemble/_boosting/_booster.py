"""A booster of XGBoost's: trees that learn from some rows, watched on others."""

from typing import Any

import numpy as np

from sklearn_mtl.ensemble._boosting._objective import MultiTaskObjective
from sklearn_mtl.ensemble._boosting._outputs import Labels


class WatchedBooster:
    """Add tree after tree, and return what they predict for rows that are held out.

    Parameters
    ----------
    xgboost : module
        The package.
    params : dict
        The parameters of the booster.
    objective : MultiTaskObjective
        The objective, which has the labels of the rows to learn from.
    X, X_held_out : ndarray
        The rows to learn from, and those that are held out, of which there may be none.
    row_weights : ndarray of shape (n_samples,)
        The weights of the rows among the quantiles of the features.
    """

    def __init__(
        self,
        xgboost: Any,
        params: dict[str, Any],
        objective: MultiTaskObjective,
        X: np.ndarray,
        X_held_out: np.ndarray,
        row_weights: np.ndarray,
    ) -> None:
        xgboost.objective.TreeObjective.register(MultiTaskObjective)
        self._objective = objective
