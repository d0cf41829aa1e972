"""Data sets with several tasks: loaders, generators, and ways to combine tables."""

from sklearn_mtl._inputs import Inputs
from sklearn_mtl._storage import ParquetTable
from sklearn_mtl.datasets._combine_inputs import combine_inputs
from sklearn_mtl.datasets._combine_tasks import combine_tasks
from sklearn_mtl.datasets._digits import load_digits_tasks
from sklearn_mtl.datasets._fetch_cifar10 import fetch_cifar10
from sklearn_mtl.datasets._fetch_free_spoken_digits import fetch_free_spoken_digits
from sklearn_mtl.datasets._fetch_mnist import fetch_mnist
from sklearn_mtl.datasets._fetch_multimnist import fetch_multimnist
from sklearn_mtl.datasets._fetch_school import fetch_school
from sklearn_mtl.datasets._fetch_speech_commands import fetch_speech_commands
from sklearn_mtl.datasets._generators import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.datasets._long_format import targets_from_long
from sklearn_mtl.datasets._predict_to_parquet import predict_to_parquet

__all__ = [
    "Inputs",
    "ParquetTable",
    "combine_inputs",
    "combine_tasks",
    "fetch_cifar10",
    "fetch_free_spoken_digits",
    "fetch_mnist",
    "fetch_multimnist",
    "fetch_school",
    "fetch_speech_commands",
    "load_digits_tasks",
    "make_multitask_classification",
    "make_multitask_regression",
    "predict_to_parquet",
    "targets_from_long",
]
