from dataclasses import dataclass

import numpy as np
from torch import Tensor

from sklearn_mtl.neural_network.balancers._base import LossBalancer
from sklearn_mtl.neural_network.balancers._log_losses import log_losses


@dataclass(repr=False, eq=False)
class SI(LossBalancer):
    r"""Scale-invariant: the mean of the logarithms of the losses.

    .. math::
        F(L) = \sum_t c_t \log(L_t + \varepsilon)

    Here c are the weights of the tasks, made to sum to 1, and ε is 1e-6: no task counts
    more than 1e6 times its share, even with a loss of 0. Each task counts by its share
    over its loss, so that the units of a loss do not matter.

    See Also
    --------
    GLS : The geometric mean, whose steps keep the scale of the losses.
    IMTLL : Learns the inverse of the losses.

    References
    ----------
    Navon, A., Shamsian, A., Achituve, I., Maron, H., Kawaguchi, K., Chechik, G. and
    Fetaya, E. (2022). Multi-task learning as a bargaining game. ICML. (There it is a
    baseline.)

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import SI
    >>> round(SI().objective([0.1, 10.0]).item(), 4)
    0.0
    """

    needs_positive_losses = True

    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        return shares @ log_losses(losses)
