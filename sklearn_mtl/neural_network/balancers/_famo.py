from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network.balancers._base import LossBalancer
from sklearn_mtl.neural_network.balancers._log_losses import EPSILON, log_losses


@dataclass(repr=False, eq=False)
class FAMO(LossBalancer):
    r"""Fast adaptive multitask optimisation: all losses fall at the same relative rate.

    .. math::
        F(L) = \frac{\sum_t z_t \log(L_t + \varepsilon)}
        {\sum_t z_t / (L_t + \varepsilon)}, \qquad
        z_t = \frac{c_t e^{\xi_t}}{\sum_s c_s e^{\xi_s}}

    The denominator counts as a constant, so that the weights of the losses sum to 1.
    Here c are the weights of the tasks, made to sum to 1, and ε is 1e-6. The losses of
    the same batch after the step say how much the logarithm of each loss fell. A step
    of Adam along the gradient of the mean fall under z lowers the logits ξ of the tasks
    that fell most. What a task remembers is left alone in a batch without it.

    Parameters
    ----------
    lr : float, default=0.025
        The learning rate of the logits, which start at 0.
    weight_decay : float, default=0.001
        How strongly the logits are pulled back to 0.

    Attributes
    ----------
    logits_ : ndarray of shape (n_tasks,)
        The logits ξ.

    See Also
    --------
    SI : The logarithms of the losses, without logits.

    Notes
    -----
    Each step takes the losses of its batch twice, which is one more forward pass.

    References
    ----------
    Liu, B., Feng, Y., Stone, P. and Liu, Q. (2023). FAMO: fast adaptive multitask
    optimization. NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import FAMO
    >>> balancer = FAMO().reset(2)
    >>> objective = balancer.objective([1.0, 1.0])
    >>> balancer.observe_step([0.5, 1.0])
    >>> balancer.logits_
    array([-0.025, 0.025])
    """

    lr: float = 0.025
    weight_decay: float = 1e-3

    needs_positive_losses = True
    looks_back = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }

    def _start(self) -> None:
        self.logits_ = np.zeros(self.n_tasks_)
        self.moments_ = np.zeros((2, self.n_tasks_))
        self.n_steps_ = np.zeros(self.n_tasks_)
        self.before_: tuple[np.ndarray, np.ndarray, Tensor] | None = None

    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        logs = log_losses(losses)
        logits = self.logits_[tasks]
        z = shares.cpu().double().numpy() * np.exp(logits - logits.max())
        z /= z.sum()
        self.before_ = (tasks, z, logs.detach())
        weights = z / (losses.detach().cpu().double().numpy() + EPSILON)
        return torch.as_tensor(z / weights.sum()).to(losses) @ logs

    def _observe_step(self, losses: Tensor, tasks: np.ndarray) -> None:
        if self.before_ is None or not np.array_equal(self.before_[0], tasks):
            expected = "those of the objective before the step"
            raise parameter_error(
                "tasks", type(self).__name__, expected, tasks.tolist()
            )
        _, z, logs = self.before_
        self.before_ = None
        fall = (logs.to(losses.device) - log_losses(losses)).double().cpu().numpy()
        self._descend(z * (fall - z @ fall), tasks)

    def _descend(self, gradient: np.ndarray, tasks: np.ndarray) -> None:
        """Take a step of Adam for these tasks, each of which counts its own steps."""
        gradient = gradient + self.weight_decay * self.logits_[tasks]
        decays = np.array([[0.9], [0.999]])
        new = np.stack([gradient, gradient**2])
        moments = decays * self.moments_[:, tasks] + (1 - decays) * new
        self.moments_[:, tasks] = moments
        self.n_steps_[tasks] += 1
        mean, square = moments / (1 - decays ** self.n_steps_[tasks])
        self.logits_[tasks] -= self.lr * mean / (np.sqrt(square) + 1e-8)
