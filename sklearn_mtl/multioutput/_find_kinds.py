from collections.abc import Sequence
from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from sklearn_mtl._tasks import Kind, Targets, infer_kind


def find_kinds(estimator: Any, targets: Targets) -> Kind | Sequence[Kind]:
    """Return what the columns hold for the estimator: classes or quantities."""
    if is_classifier(estimator):
        return "classification"
    if is_regressor(estimator):
        return "regression"
    if hasattr(estimator, "_kinds"):
        return estimator._kinds(targets)
    if isinstance(estimator, Pipeline):
        return find_kinds(estimator.steps[-1][1], targets)
    if hasattr(estimator, "estimator"):
        return find_kinds(estimator.estimator, targets)
    observed = targets.observed
    return [infer_kind(y, observed[:, t]) for t, y in enumerate(targets.columns)]
