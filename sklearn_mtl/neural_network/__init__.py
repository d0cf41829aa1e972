"""Networks that learn several tasks together."""

from sklearn_mtl.neural_network._classifier import MultiTaskNetClassifier
from sklearn_mtl.neural_network._multi_task_net import MultiTaskNet
from sklearn_mtl.neural_network._regressor import MultiTaskNetRegressor
from sklearn_mtl.neural_network._saving import load

__all__ = [
    "MultiTaskNet",
    "MultiTaskNetClassifier",
    "MultiTaskNetRegressor",
    "load",
]
