from dataclasses import dataclass

import numpy as np
from torch import Tensor

from sklearn_mtl.neural_network.balancers._base import LossBalancer
from sklearn_mtl.neural_network.balancers._log_losses import log_losses


@dataclass(repr=False, eq=False)
class GLS(LossBalancer):
    r"""Geometric loss strategy: the geometric mean of the losses.

    .. math::
        F(L) = \prod_t (L_t + \varepsilon)^{c_t}

    Here c are the weights of the tasks, made to sum to 1, and ε is 1e-6, for losses of
    0. The product is taken as a sum of logarithms, which many tasks do not underflow.
    How much the tasks count relative to each other does not depend on the units of
    their losses.

    See Also
    --------
    SI : The logarithm of this objective.

    References
    ----------
    Chennupati, S., Sistu, G., Yogamani, S. and Rawashdeh, S. (2019). MultiNet++:
    Multi-stream feature aggregation and geometric loss strategy for multi-task
    learning. CVPR Workshops.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import GLS
    >>> round(GLS().objective([1.0, 4.0]).item(), 4)
    2.0
    """

    needs_positive_losses = True

    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        return (shares @ log_losses(losses)).exp()
