from dataclasses import dataclass

import numpy as np
from torch import Tensor

from sklearn_mtl.neural_network.balancers._base import LossBalancer


@dataclass(repr=False, eq=False)
class Fixed(LossBalancer):
    r"""Fixed weights: the mean of the losses, weighted by the weights of the tasks.

    .. math::
        F(L) = \sum_t \lambda_t L_t / \sum_t \lambda_t

    This is what a network without a balancer minimises.

    See Also
    --------
    Uncertainty : Learns the weights.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import Fixed
    >>> float(Fixed().objective([1.0, 3.0]))
    2.0
    """

    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        return shares @ losses
