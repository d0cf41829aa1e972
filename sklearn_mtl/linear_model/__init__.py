"""Linear models of several tasks that a penalty ties together."""

from ._classifier import RegularizedMTLClassifier
from ._regressor import RegularizedMTLRegressor

__all__ = ["RegularizedMTLClassifier", "RegularizedMTLRegressor"]
