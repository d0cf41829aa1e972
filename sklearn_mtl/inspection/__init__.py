"""What tasks do to each other, what they look at, and plots of it."""

from sklearn_mtl._task_subset_distribution import TaskSubsetDistribution

from ._group_tasks import group_tasks
from ._grouped_tasks import GroupedTasksClassifier, GroupedTasksRegressor
from ._plot._comparison_display import ComparisonDisplay
from ._plot._pareto_front_display import ParetoFrontDisplay
from ._plot._task_affinity_display import TaskAffinityDisplay
from ._plot._task_importance_display import TaskImportanceDisplay
from ._plot._task_learning_curve_display import TaskLearningCurveDisplay
from ._plot._task_weight_display import TaskWeightDisplay
from ._plot._training_curve_display import TrainingCurveDisplay
from ._select_auxiliary_tasks import AuxiliaryTasks, select_auxiliary_tasks
from ._task_affinity import task_affinity
from ._task_feature_importance import task_feature_importance

__all__ = [
    "AuxiliaryTasks",
    "ComparisonDisplay",
    "GroupedTasksClassifier",
    "GroupedTasksRegressor",
    "ParetoFrontDisplay",
    "TaskAffinityDisplay",
    "TaskImportanceDisplay",
    "TaskLearningCurveDisplay",
    "TaskSubsetDistribution",
    "TaskWeightDisplay",
    "TrainingCurveDisplay",
    "group_tasks",
    "select_auxiliary_tasks",
    "task_affinity",
    "task_feature_importance",
]
