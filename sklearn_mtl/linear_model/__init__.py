"""Linear models of several tasks that a penalty ties together."""

from ._classifier import RegularizedMTLClassifier
from ._classifier_cv import RegularizedMTLClassifierCV
from ._regressor import RegularizedMTLRegressor
from ._regressor_cv import RegularizedMTLRegressorCV

__all__ = [
    "RegularizedMTLClassifier",
    "RegularizedMTLClassifierCV",
    "RegularizedMTLRegressor",
    "RegularizedMTLRegressorCV",
]
