"""Which way of balancing a balancer takes."""

from sklearn_mtl.neural_network._balancing._base import Balancing
from sklearn_mtl.neural_network._balancing._gradients import GradientBalancing
from sklearn_mtl.neural_network._balancing._losses import LossBalancing
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._processes import ONE_PROCESS, Processes
from sklearn_mtl.neural_network.balancers._base import (
    GradientBalancer,
    GramianBalancer,
    LossBalancer,
)

GRADIENT_LEVELS = ("representation", "parameters")


def make_balancing(
    module: Network,
    criterion: WeightedTaskLoss,
    gradient_level: str,
    processes: Processes = ONE_PROCESS,
) -> Balancing | None:
    """Return how to balance; None where a plain backward pass does it."""
    balancer = criterion.balancer
    if isinstance(balancer, LossBalancer):
        return LossBalancing(module, criterion, processes, balancer)
    if isinstance(balancer, GradientBalancer):
        at_parameters = (
            gradient_level == "parameters"
            or balancer.remembers_gradients
            # A combination says nothing of how much of it each stream is to get.
            or (
                module.trunk.makes_streams and not isinstance(balancer, GramianBalancer)
            )
        )
        return GradientBalancing(module, criterion, processes, balancer, at_parameters)
    return None
