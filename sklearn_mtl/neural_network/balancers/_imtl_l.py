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
class IMTLL(LossBalancer):
    r"""Impartial multi-task learning of the losses: scales that bring all to 1.

    .. math::
        F(L) = \sum_t c_t \bigl( e^{s_t} (L_t + \varepsilon) - s_t \bigr)

    Here c are the weights of the tasks, made to sum to 1, s is learned with the
    network from 0 on, and ε is 1e-6. For given losses the best s is -log(L + ε), which
    cannot go to infinity as a loss goes to 0; there the objective is that of `SI`, and
    s smooths over steps what `SI` takes from one batch.

    Parameters
    ----------
    lr : float, default=0.025
        The learning rate of s. In Adam's steps, s can move by 1 in 40 steps. With the
        network's rate, usually near 0.001, it would take 1000.

    Attributes
    ----------
    log_scales_ : torch.nn.Parameter of shape (n_tasks,)
        The logarithms s of the scales.

    See Also
    --------
    Uncertainty : The same for losses seen as likelihoods.
    IMTLG : Balances the gradients.

    References
    ----------
    Liu, L., Li, Y., Kuang, Z., Xue, J.-H., Chen, Y., Yang, W., Liao, Q. and Zhang, W.
    (2021). Towards impartial multi-task learning. ICLR.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import IMTLL
    >>> balancer = IMTLL().reset(2)
    >>> round(balancer.objective([1.0, 3.0]).item(), 4)
    2.0
    >>> list(balancer.learnable())
    ['log_scales']
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
            The logarithms of the scales.
        """
        return {"log_scales": self.log_scales_}

    def _start(self) -> None:
        self.log_scales_ = nn.Parameter(torch.zeros(self.n_tasks_))

    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        s = self.log_scales_[tasks].to(losses)
        return shares @ (s.exp() * (losses + EPSILON) - s)
