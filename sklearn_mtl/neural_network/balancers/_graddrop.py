from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl.neural_network.balancers._base import GradientBalancer


@dataclass(repr=False, eq=False)
class GradDrop(GradientBalancer):
    r"""Gradient sign dropout: every entry takes one sign, and drops the other.

    An entry of the gradients :math:`g_t` is drawn to be positive with the probability

    .. math::
        P = \frac12 \Bigl( 1 + \frac{\sum_t g_t}{\sum_t |g_t|} \Bigr)

    and then entries of the other sign are set to 0. The update is the mean of what is
    left.

    Parameters
    ----------
    leak : float, default=0.0
        The part of the gradients that is spared, from 0 to 1. With 1 it is the mean.

    See Also
    --------
    PCGrad : Removes conflicts between gradients as a whole.

    Notes
    -----
    The paper sums what is left; the update here is T times shorter.

    References
    ----------
    Chen, Z., Ngiam, J., Huang, Y., Luong, T., Kretzschmar, H., Chai, Y. and Anguelov,
    D. (2020). Just pick a sign: optimizing deep multitask models with gradient sign
    dropout. NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import GradDrop
    >>> balancer = GradDrop().reset(2, random_state=0)
    >>> balancer.combine([[4.0, 1.0, -1.0], [2.0, -1.0, -2.0]])
    array([ 3. , -0.5, -1.5])
    """

    leak: float = 0.0

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "leak": [Interval(Real, 0, 1, closed="both")]
    }

    def _combine(self, J: Tensor, tasks: np.ndarray) -> Tensor:
        largest = J.abs().max()
        shares = J / torch.where(largest > 0, largest, torch.ones_like(largest))
        purity = (1 + shares.sum(0) / shares.abs().sum(0)) / 2
        drawn = torch.from_numpy(self.rng_.uniform(size=J.shape[1])).to(J)
        # Where all entries are 0 the purity is NaN, and either sign will do.
        kept = torch.where(purity >= drawn, J.clamp(min=0), J.clamp(max=0))
        return (self.leak * J + (1 - self.leak) * kept).mean(0)
