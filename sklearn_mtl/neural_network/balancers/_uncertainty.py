from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor, nn

from sklearn_mtl.neural_network.balancers._base import LossBalancer
from sklearn_mtl.neural_network.balancers._log_losses import EPSILON


@dataclass(repr=False, eq=False)
class Uncertainty(LossBalancer):
    r"""Uncertainty weighting: learns the noise of each task, and weighs by its inverse.

    .. math::
        F(L) = \sum_t c_t \Bigl( k_t e^{-s_t} (L_t + \varepsilon) + \frac{s_t}2 \Bigr)

    Here c are the weights of the tasks, made to sum to 1, and s is the logarithm of the
    variance, learned with the network. The factor k is 1 for classes, a softmax with
    temperature exp(s), and 1/2 for quantities, a Gaussian likelihood where the loss is
    the squared error. Training starts as with fixed weights: s is log(k).

    For given losses the best s is log(2 k (L + ε)). As ε is 1e-6, a loss that goes to 0
    does not send s to minus infinity. The objective may be negative, and says little
    about how well the network does.

    Parameters
    ----------
    lr : float, default=0.025
        The learning rate of s. In Adam's steps, s can move by 1 in 40 steps. With the
        network's rate, usually near 0.001, it would take 1000.

    Attributes
    ----------
    log_variances_ : torch.nn.Parameter of shape (n_tasks,)
        The logarithms s of the variances.

    See Also
    --------
    IMTLL : The same without the likelihoods.
    Fixed : Weights that are not learned.

    References
    ----------
    Kendall, A., Gal, Y. and Cipolla, R. (2018). Multi-task learning using uncertainty
    to weigh losses for scene geometry and semantics. CVPR.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import Uncertainty
    >>> balancer = Uncertainty().reset(2, are_classification=[True, True])
    >>> round(balancer.objective([1.0, 3.0]).item(), 4)
    2.0
    >>> list(balancer.learnable())
    ['log_variances']
    """

    lr: float = 0.025

    needs_positive_losses = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "lr": [Interval(Real, 0, None, closed="neither")]
    }

    def learnable(self) -> dict[str, nn.Parameter]:
        """Return what is to be trained along with the network, by name.

        Returns
        -------
        dict of str to torch.nn.Parameter
            The logarithms of the variances.
        """
        return {"log_variances": self.log_variances_}

    def _start(self) -> None:
        self.log_factors_ = np.where(self.are_classification_, 0.0, np.log(0.5))
        start = torch.as_tensor(self.log_factors_, dtype=torch.float32)
        self.log_variances_ = nn.Parameter(start)

    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        s = self.log_variances_[tasks].to(losses)
        log_k = torch.as_tensor(self.log_factors_[tasks]).to(losses)
        return shares @ ((log_k - s).exp() * (losses + EPSILON) + s / 2)
