"""The single-task baselines: one copy of any estimator per task."""

from ._independent_tasks import IndependentTasksClassifier, IndependentTasksRegressor

__all__ = ["IndependentTasksClassifier", "IndependentTasksRegressor"]
