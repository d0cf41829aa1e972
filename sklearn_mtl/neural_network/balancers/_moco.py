from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl.neural_network.balancers._simplex import project_onto_simplex
from sklearn_mtl.neural_network.balancers._task_memory import RememberingBalancer


@dataclass(repr=False, eq=False)
class MoCo(RememberingBalancer):
    r"""MoCo: averaged gradients, combined with weights that move towards MGDA's.

    .. math::
        y_t \leftarrow y_t + \beta (g_t - y_t), \qquad
        w \leftarrow \Pi \bigl( w - \gamma (Y Y^\top + \rho I) w \bigr), \qquad
        d = \sum_t w_t y_t

    Here :math:`\Pi` projects onto nonnegative weights that sum to 1, and
    :math:`Y Y^\top` is divided by the mean of its diagonal. In step k, beta and gamma
    are divided by powers of k. The averages take away the bias that a batch brings to
    the weights.

    Parameters
    ----------
    beta : float, default=0.5
        How fast the averages follow the gradients, above 0 and up to 1.

    beta_decay : float, default=0.0
        The power of k that beta is divided by; k counts the steps of the task.

    gamma : float, default=0.1
        How fast the weights move.

    gamma_decay : float, default=0.5
        The power of k that gamma is divided by.

    rho : float, default=0.0
        How strongly the weights are pulled towards equal ones.

    Attributes
    ----------
    memory_ : Tensor of shape (n_tasks, n)
        The averages.

    weights_ : ndarray of shape (n_tasks,)
        The weights, which sum to 1.

    See Also
    --------
    MGDA : The weights that these move towards.

    Notes
    -----
    The averages start with the first gradients, not with 0. The authors' ``beta_decay``
    is 0.5, which makes the averages slower and slower; it was far worse in our
    benchmark. The paper does not divide
    :math:`Y Y^\top`, so that its gamma depends on the scale of the gradients. Tasks
    that are absent keep their weights; the others share what they had together.

    References
    ----------
    Fernando, H., Shen, H., Liu, M., Chaudhury, S., Murugesan, K. and Chen, T. (2023).
    Mitigating gradient bias in multi-objective learning: a provably convergent
    approach. ICLR.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import MoCo
    >>> balancer = MoCo(gamma=0.5)
    >>> for step in range(200):
    ...     update = balancer.combine([[4.0, 0.0], [0.0, 2.0]])
    >>> balancer.weights_.round(3)
    array([0.2, 0.8])
    """

    beta: float = 0.5
    beta_decay: float = 0.0
    gamma: float = 0.1
    gamma_decay: float = 0.5
    rho: float = 0.0

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "beta": [Interval(Real, 0, 1, closed="right")],
        "beta_decay": [Interval(Real, 0, None, closed="left")],
        "gamma": [Interval(Real, 0, None, closed="left")],
        "gamma_decay": [Interval(Real, 0, None, closed="left")],
        "rho": [Interval(Real, 0, None, closed="left")],
    }

    def _start(self) -> None:
        super()._start()
        self.weights_ = np.full(self.n_tasks_, 1 / self.n_tasks_)

    def _combine(self, J: Tensor, tasks: np.ndarray) -> Tensor:
        self.n_steps_[tasks] += 1
        steps = self.n_steps_[tasks]
        rates = np.where(steps > 1, self.beta / steps**self.beta_decay, 1.0)
        rows = self._follow(J, tasks, rates)
        weights = self._move_weights(rows, tasks)
        return torch.from_numpy(weights).to(J) @ rows

    def _move_weights(self, rows: Tensor, tasks: np.ndarray) -> np.ndarray:
        """Return the weights of the tasks that are there, which sum to 1."""
        held = self.weights_[tasks].sum()
        if held == 0:
            return np.full(len(tasks), 1 / len(tasks))
        weights = self.weights_[tasks] / held
        largest = rows.abs().max()
        if largest > 0:
            scaled = (rows / largest).double()
            G = (scaled @ scaled.T).cpu().numpy()
            G = G * (len(G) / np.trace(G)) + self.rho * np.eye(len(G))
            gamma = self.gamma / self.n_steps_.max() ** self.gamma_decay
            weights = project_onto_simplex(weights - gamma * (G @ weights))
        self.weights_[tasks] = weights * held
        return weights
