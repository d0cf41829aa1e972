"""Data sets with several tasks: a loader, generators, and long-format targets."""

from sklearn_mtl.datasets._digits import load_digits_tasks
from sklearn_mtl.datasets._generators import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.datasets._long_format import targets_from_long

__all__ = [
    "load_digits_tasks",
    "make_multitask_classification",
    "make_multitask_regression",
    "targets_from_long",
]
