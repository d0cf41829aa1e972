"""How boosting is to go, in numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class BoostingSettings:
    """What an estimator is told, and how many threads there are.

    `tree_params` are those of XGBoost's parameters that say how a tree is grown.
    """

    n_estimators: int
    tree_params: dict[str, Any]
    n_directions: int | None
    early_stopping: bool
    n_members: int
    validation_fraction: float
    n_iter_no_change: int
    n_threads: int
    seed: int
    owner: str

    def for_xgboost(
        self, constants: np.ndarray, n_tasks: int, seed: int
    ) -> dict[str, Any]:
        """Return all of XGBoost's parameters.

        A single task is learnt as XGBoost learns it: with a tree for each output.
        """
        strategy = "multi_output_tree" if n_tasks > 1 else "one_output_per_tree"
        return {
            **self.tree_params,
            "tree_method": "hist",
            "multi_strategy": strategy,
            "num_target": len(constants),
            "base_score": constants.tolist(),
            "disable_default_eval_metric": True,
            "nthread": self.n_threads,
            "seed": seed,
            "verbosity": 0,
        }
