from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl.neural_network.balancers._base import LossBalancer
from sklearn_mtl.neural_network.balancers._log_losses import EPSILON


@dataclass(repr=False, eq=False)
class DWA(LossBalancer):
    r"""Dynamic weight average: tasks whose loss falls slowly count more.

    .. math::
        F(L) = \sum_t w_t L_t, \qquad
        w_t = \frac{c_t \exp(q_t / \tau)}{\sum_s c_s \exp(q_s / \tau)}, \qquad
        q_t = \frac{\bar L_t(e - 1)}{\bar L_t(e - 2)}

    Here c are the weights of the tasks, made to sum to 1, and the ratio q is that of
    the mean losses in the last two epochs that had labels of the task. Until there are
    two, and where the earlier one is no more than 1e-6, it is 1: in the first two
    epochs w is c.

    Parameters
    ----------
    temperature : float, default=2.0
        The temperature τ: the higher, the more even the weights.

    Attributes
    ----------
    epoch_losses_ : ndarray of shape (2, n_tasks)
        The mean losses of the last two epochs, the later one last; NaN for none.

    See Also
    --------
    GradNorm : Looks at the rates of training and at the gradients.

    References
    ----------
    Liu, S., Johns, E. and Davison, A. J. (2019). End-to-end multi-task learning with
    attention. CVPR.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import DWA
    >>> balancer = DWA().reset(2)
    >>> balancer.end_epoch([1.0, 1.0])
    >>> balancer.end_epoch([0.5, 1.0])
    >>> round(balancer.objective([0.0, 1.0]).item(), 4)
    0.5622
    """

    temperature: float = 2.0

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "temperature": [Interval(Real, 0, None, closed="neither")]
    }

    def _start(self) -> None:
        self.epoch_losses_ = np.full((2, self.n_tasks_), np.nan)

    def _end_epoch(self, losses: np.ndarray) -> None:
        seen = np.isfinite(losses)
        last = self.epoch_losses_[1, seen]
        self.epoch_losses_[:, seen] = last, losses[seen]

    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        before, last = self.epoch_losses_[:, tasks]
        ratios = np.divide(
            last, before, out=np.ones(len(tasks)), where=before > EPSILON
        )
        logits = torch.as_tensor(ratios / self.temperature).to(losses)
        return (logits + shares.log()).softmax(0) @ losses
