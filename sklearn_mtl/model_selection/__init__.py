"""Splits, searches and comparisons for several tasks."""

from ._compare_estimators import compare_estimators
from ._compare_with_single_task import compare_with_single_task
from ._comparison import TaskComparison
from ._k_fold import MultiTaskKFold
from ._task_weight_grid import task_weight_grid
from ._task_weight_search import TaskWeightSearchCV
from ._train_test_split import multitask_train_test_split

__all__ = [
    "MultiTaskKFold",
    "TaskComparison",
    "TaskWeightSearchCV",
    "compare_estimators",
    "compare_with_single_task",
    "multitask_train_test_split",
    "task_weight_grid",
]
