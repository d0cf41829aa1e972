from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network.balancers._task_memory import RememberingBalancer

# Below this a loss counts as this much when its logarithm is taken.
_LEAST_LOSS = 1e-8


@dataclass(repr=False, eq=False)
class DBMTL(RememberingBalancer):
    r"""Dual balancing: gradients of the log-losses, averaged and made equally long.

    .. math::
        \hat g_t \leftarrow \beta \hat g_t + (1 - \beta) \nabla \log L_t, \qquad
        d = \frac{\tilde L}{T} \sum_t
        \frac{\max_s \| \hat g_s \|}{\| \hat g_t \|} \, \hat g_t

    where :math:`\tilde L` is the geometric mean of the losses.

    Parameters
    ----------
    beta : float, default=0.9
        How much of the averages is kept in a step, at 0 or above and below 1. It is
        divided by the number of steps to the power of ``beta_decay``.

    beta_decay : float, default=0.0
        How fast the averages turn into the gradients of the step.

    Attributes
    ----------
    memory_ : Tensor of shape (n_tasks, n)
        The averages, up to the weight that is missing in the first steps.

    See Also
    --------
    ExcessMTL : Weights tasks by what is left to learn.

    Notes
    -----
    The paper has no factor :math:`\tilde L / T`, with which the update is comparable
    to the mean of the gradients; and its averages start at 0, where these are divided
    by the sum of the weights so far. A task whose average is 0 is left out of the sum,
    not of T. Without losses, see `observe_losses`, gradients are taken for those of
    log-losses.

    References
    ----------
    Lin, B., Jiang, W., Ye, F., Zhang, Y., Chen, P., Chen, Y.-C., Liu, S. and Kwok, J.
    (2023). Dual-balancing for multi-task learning. arXiv:2308.12029.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import DBMTL
    >>> balancer = DBMTL()
    >>> balancer.observe_losses([1.0, 4.0])
    >>> balancer.combine([[1.0, 0.0], [0.0, 8.0]])
    array([2., 2.])
    """

    beta: float = 0.9
    beta_decay: float = 0.0

    uses_losses = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "beta": [Interval(Real, 0, 1, closed="left")],
        "beta_decay": [Interval(Real, 0, None, closed="left")],
    }

    def _start(self) -> None:
        super()._start()
        self.losses_ = np.ones(self.n_tasks_)
        # What the averages would be if all gradients were 1.
        self.memory_weights_ = np.zeros(self.n_tasks_)

    def _observe_losses(self, losses: np.ndarray, tasks: np.ndarray) -> None:
        if (losses < 0).any():
            raise parameter_error(
                "losses",
                type(self).__name__,
                "0 or more, since it takes their logarithm",
                f"{losses.min():.3g} for task {tasks[losses.argmin()]}",
            )
        self.losses_[tasks] = np.maximum(losses, _LEAST_LOSS)

    def _combine(self, J: Tensor, tasks: np.ndarray) -> Tensor:
        self.n_steps_[tasks] += 1
        kept = self.beta / self.n_steps_[tasks] ** self.beta_decay
        weights = kept * self.memory_weights_[tasks] + 1 - kept
        self.memory_weights_[tasks] = weights
        losses = self.losses_[tasks]
        rows = self._follow(J / _column(losses, J), tasks, 1 - kept)
        rows = rows / _column(weights / np.exp(np.log(losses).mean()), J)
        largest = rows.abs().amax(dim=1, keepdim=True)
        units = torch.where(largest > 0, rows / largest, 0.0)
        lengths = units.norm(dim=1, keepdim=True)
        longest = (largest * lengths).max()
        return torch.where(lengths > 0, units / lengths, 0.0).mean(0) * longest


def _column(values: np.ndarray, J: Tensor) -> Tensor:
    return torch.from_numpy(values).to(J)[:, None]
