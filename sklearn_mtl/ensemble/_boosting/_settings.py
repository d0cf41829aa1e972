"""How boosting is to go, in numbers."""

from dataclasses import dataclass
from typing import Any

from sklearn_mtl.ensemble._boosting._data import BoostingData

# With more features than this, not all are tried for a split.
_MANY_FEATURES = 50


@dataclass(frozen=True)
class BoostingSettings:
    """What an estimator is told, and how many threads there are.

    `tree_params` are those of XGBoost's parameters that say how a tree is grown. None
    is XGBoost's default for a single task, which is learnt as XGBoost learns it.
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

    def for_xgboost(self, data: BoostingData, seed: int) -> dict[str, Any]:
        """Return all of XGBoost's parameters."""
        several = data.outputs.n_tasks > 1
        fraction = (_MANY_FEATURES / data.X.shape[1]) ** 0.5
        defaults = {
            "min_child_weight": 0.3 if several else 1.0,
            "colsample_bynode": min(1.0, fraction) if several else 1.0,
            "max_bin": 64 if several else 256,
        }
        given = {k: v for k, v in self.tree_params.items() if v is not None}
        return {
            **defaults,
            **given,
            "tree_method": "hist",
            # Otherwise a tree for each output.
            "multi_strategy": (
                "multi_output_tree" if several else "one_output_per_tree"
            ),
            "num_target": data.outputs.n_outputs,
            "base_score": data.constants.tolist(),
            "disable_default_eval_metric": True,
            "nthread": self.n_threads,
            "seed": seed,
            "verbosity": 0,
        }
