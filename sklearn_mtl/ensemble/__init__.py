"""Trees that share structure across tasks, and estimators made of several others."""

from sklearn_mtl.ensemble._boosting_classifier import MultiTaskBoostingClassifier
from sklearn_mtl.ensemble._boosting_regressor import MultiTaskBoostingRegressor
from sklearn_mtl.ensemble._forest import (
    MultiTaskForestClassifier,
    MultiTaskForestRegressor,
)
from sklearn_mtl.ensemble._stacking import (
    MultiTaskStackingClassifier,
    MultiTaskStackingRegressor,
)
from sklearn_mtl.ensemble._taskwise_selection import (
    TaskwiseSelectionClassifier,
    TaskwiseSelectionRegressor,
)

__all__ = [
    "MultiTaskBoostingClassifier",
    "MultiTaskBoostingRegressor",
    "MultiTaskForestClassifier",
    "MultiTaskForestRegressor",
    "MultiTaskStackingClassifier",
    "MultiTaskStackingRegressor",
    "TaskwiseSelectionClassifier",
    "TaskwiseSelectionRegressor",
]
