from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sklearn_mtl.neural_network.balancers._base import LossBalancer


@dataclass(repr=False, eq=False)
class RLW(LossBalancer):
    r"""Random loss weighting: other weights in each step.

    .. math::
        F(L) = \sum_t w_t L_t, \qquad
        w_t = \frac{c_t e^{z_t}}{\sum_s c_s e^{z_s}}, \qquad z_t \sim \mathcal N(0, 1)

    Here c are the weights of the tasks, made to sum to 1. A method that balances should
    do better than this one.

    See Also
    --------
    Fixed : The same weights in each step.

    References
    ----------
    Lin, B., Ye, F., Zhang, Y. and Tsang, I. W. (2022). Reasonable effectiveness of
    random weighting: a litmus test for multi-task learning. TMLR.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import RLW
    >>> balancer = RLW().reset(2, random_state=0)
    >>> [round(balancer.objective([0.0, 1.0]).item(), 2) for step in range(3)]
    [0.2, 0.78, 0.06]
    """

    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        # Drawn for the absent tasks too: the next draws do not depend on who is there.
        normal = self.rng_.standard_normal(self.n_tasks_)[tasks]
        weights = (torch.as_tensor(normal).to(losses) + shares.log()).softmax(0)
        return weights @ losses
