"""How large a fitted model is."""

from collections.abc import Sequence
from typing import Any

import numpy as np

# What an estimator has learnt, by the attributes that hold it. The first group that it
# has counts.
_ARRAYS: Sequence[tuple[str, ...]] = (
    ("coef_", "intercept_"),
    ("coefs_", "intercepts_"),
    ("dual_coef_", "support_vectors_", "intercept_"),
    ("dual_coef_", "X_fit_"),
    ("theta_", "var_", "class_prior_"),
    ("feature_log_prob_", "class_log_prior_"),
    ("X_train_", "alpha_"),
    ("_fit_X",),
    ("centroids_",),
    ("components_",),
    ("constant_",),
    ("class_prior_",),
)
_SEVERAL = ("estimators_", "calibrated_classifiers_")
_INNER = ("best_estimator_", "estimator_", "regressor_")


def measure_size(estimator: Any) -> float:
    """Return how many fitted numbers a model has, NaN if that cannot be told.

    These are the parameters of a network, the coefficients and intercepts of a linear
    model and the nodes of trees. A model made of models has the sum of theirs; in a
    pipeline, steps before the last of which nothing is known do not count.
    """
    if hasattr(estimator, "steps"):
        return _measure_steps([step for _, step in estimator.steps])
    if hasattr(estimator, "module_"):
        return float(sum(p.numel() for p in estimator.module_.parameters()))
    if hasattr(estimator, "tree_"):
        return float(estimator.tree_.node_count)
    if hasattr(estimator, "_predictors"):
        # The trees of scikit-learn's gradient boosting on histograms.
        return float(
            sum(len(tree.nodes) for row in estimator._predictors for tree in row)
        )
    for names in _ARRAYS:
        if all(hasattr(estimator, name) for name in names):
            return float(sum(_count(getattr(estimator, name)) for name in names))
    parts = _find_parts(estimator)
    return float(sum(map(measure_size, parts))) if parts else np.nan


def _measure_steps(steps: Sequence[Any]) -> float:
    *before, last = steps
    known = [size for size in map(measure_size, before) if not np.isnan(size)]
    return float(sum(known)) + measure_size(last)


def _find_parts(estimator: Any) -> list[Any]:
    """Return the fitted estimators that an estimator is made of."""
    parts: list[Any] = []
    for name in _SEVERAL:
        for part in getattr(estimator, name, ()):
            # Boosting has an array with a row per step.
            parts += part.tolist() if isinstance(part, np.ndarray) else [part]
    if parts:
        # An ensemble also has the estimator that it copied, which is not fitted.
        parts.append(getattr(estimator, "final_estimator_", None))
    else:
        parts = [getattr(estimator, name, None) for name in _INNER]
    return [part for part in parts if hasattr(part, "predict")]


def _count(values: Any) -> int:
    if isinstance(values, (list, tuple)):
        return sum(map(_count, values))
    return int(values.nnz if hasattr(values, "nnz") else np.size(values))
