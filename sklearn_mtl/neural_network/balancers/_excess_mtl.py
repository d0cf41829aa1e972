from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.special import softmax
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl.neural_network.balancers._task_memory import RememberingBalancer


@dataclass(repr=False, eq=False)
class ExcessMTL(RememberingBalancer):
    r"""Excess risks: the more a task has left to learn, the more it counts.

    .. math::
        w_t \propto w_t \exp(\eta E_t / E_t^0), \qquad
        E_t = \sum_i g_{ti}^2 / h_{ti}, \qquad
        h_{ti} = \sqrt{\textstyle\sum_{\text{steps}} g_{ti}^2}

    The excess risk :math:`E_t`, how far the loss is from the least there can be, is
    estimated to second order with the diagonal curvature of AdaGrad, relative to its
    first value. The weights sum to 1.

    Parameters
    ----------
    step_size : float, default=0.01
        How fast the weights follow the risks.

    Attributes
    ----------
    memory_ : Tensor of shape (n_tasks, n)
        The roots of the sums of the squared gradients.

    log_weights_ : ndarray of shape (n_tasks,)
        The logarithms of the weights, up to a constant.

    See Also
    --------
    DBMTL : Makes all gradients equally long.
    GradNorm : Weights tasks by how far their losses are from the first ones.

    Notes
    -----
    What all tasks of a step have in common is not added to their weights, so that a
    task that is often absent does not fall behind. Risks are
    relative to the first one that is not 0 from the first step on, where the weights
    stay equal; in the code of the authors that step takes them as they are.

    References
    ----------
    He, Y., Zhou, S., Zhang, G., Yun, H., Xu, Y., Zeng, B., Chilimbi, T. and Zhao, H.
    (2024). Robust multi-task learning with excess risks. ICML.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import ExcessMTL
    >>> balancer = ExcessMTL(step_size=1.0)
    >>> balancer.combine([[4.0, 0.0], [0.0, 2.0]])
    array([2., 1.])
    >>> balancer.combine([[4.0, 0.0], [0.0, 0.0]]).round(2)
    array([2.68, 0.  ])
    """

    step_size: float = 0.01

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "step_size": [Interval(Real, 0, None, closed="neither")]
    }

    def _start(self) -> None:
        super()._start()
        self.log_weights_ = np.zeros(self.n_tasks_)
        self.first_risks_ = np.zeros(self.n_tasks_)

    def _combine(self, J: Tensor, tasks: np.ndarray) -> Tensor:
        # Roots, since the squares of tiny or huge gradients are no float32 numbers.
        roots = torch.hypot(self._recall(J, tasks), J)
        self._remember(roots, tasks)
        fractions = torch.where(roots > 0, J / roots, 0.0)
        risks = (J.double() * fractions).sum(1).cpu().numpy()
        first = self.first_risks_[tasks]
        first = np.where(first > 0, first, risks)
        self.first_risks_[tasks] = first
        relative = np.divide(risks, first, np.zeros_like(risks), where=first > 0)
        self.log_weights_[tasks] += self.step_size * (relative - relative.mean())
        weights = softmax(self.log_weights_[tasks])
        return torch.from_numpy(weights).to(J) @ J
