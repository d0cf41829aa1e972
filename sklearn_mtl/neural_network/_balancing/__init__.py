"""How a training step finds its gradients where there is a balancer."""

from ._base import Balancing
from ._gradients import GradientBalancing
from ._losses import LossBalancing
from ._make_balancing import GRADIENT_LEVELS, make_balancing

__all__ = [
    "GRADIENT_LEVELS",
    "Balancing",
    "GradientBalancing",
    "LossBalancing",
    "make_balancing",
]
