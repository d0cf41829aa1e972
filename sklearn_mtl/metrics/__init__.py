"""Scores of several tasks that skip missing labels, and scorers made of them."""

from sklearn_mtl.metrics._delta import delta_m
from sklearn_mtl.metrics._report import multitask_classification_report
from sklearn_mtl.metrics._scorers import make_multitask_scorer, per_task_scorers
from sklearn_mtl.metrics._scores import multitask_score, task_scores

__all__ = [
    "delta_m",
    "make_multitask_scorer",
    "multitask_classification_report",
    "multitask_score",
    "per_task_scorers",
    "task_scores",
]
