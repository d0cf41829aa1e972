from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network.balancers._base import GramianBalancer
from sklearn_mtl.neural_network.balancers._log_losses import EPSILON


@dataclass(repr=False, eq=False)
class GradNorm(GramianBalancer):
    r"""Gradient normalisation: weighted gradients of like norms, more for slow tasks.

    .. math::
        \min_w \sum_t \bigl| w_t \|g_t\| - \bar G \, \rho_t \bigr|, \qquad
        \rho_t = \frac{r_t^\alpha}{\operatorname{mean}_s r_s^\alpha}, \qquad
        r_t = \frac{L_t}{L_t(0)}

    The mean Ḡ of the weighted norms counts as a constant. In the paper the mean of r is
    made 1 and that of its power is not; then no weights may reach the minimum 0. After
    each step of the network the weights take one towards it:

    .. math::
        w_t \leftarrow w_t \exp\Bigl( -\eta \, \frac{w_t \|g_t\|}{\bar G}
        \operatorname{sign}(w_t \|g_t\| - \bar G \, \rho_t) \Bigr)

    Then they are made to sum to 1 again. This is the paper's gradient step, on the
    logarithms of the weights and relative to Ḡ: weights stay positive, and the units of
    the losses do not matter. They start equal.

    The initial loss L(0) of a task is its mean over the first epoch that had labels of
    it, which is less noisy than that of a batch. Until then, and where it is no more
    than 1e-6, r is the mean of the others. The weight of a task is left alone in a
    batch without it.

    Parameters
    ----------
    alpha : float, default=1.5
        The exponent α: how much more the tasks that train slowly count. With 0, all
        norms become equal.
    lr : float, default=0.025
        The learning rate η of the weights, at most 1.
    update_weights_every : int, default=1
        Steps between two updates of the weights.

    Attributes
    ----------
    weights_ : ndarray of shape (n_tasks,)
        The weights for the next step, which sum to 1.
    initial_losses_ : ndarray of shape (n_tasks,)
        The losses L(0); NaN where they are not known yet.

    See Also
    --------
    DWA : Looks at the rates of training only.

    References
    ----------
    Chen, Z., Badrinarayanan, V., Lee, C.-Y. and Rabinovich, A. (2018). GradNorm:
    gradient normalization for adaptive loss balancing in deep multitask networks. ICML.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import GradNorm
    >>> balancer = GradNorm(alpha=0.0)
    >>> for step in range(500):
    ...     weights = balancer.weights([[9.0, 0.0], [0.0, 1.0]])
    >>> weights.round(1)
    array([0.3, 0.7])
    """

    alpha: float = 1.5
    lr: float = 0.025

    uses_losses = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **GramianBalancer._parameter_constraints,
        "alpha": [Interval(Real, 0, None, closed="left")],
        "lr": [Interval(Real, 0, 1, closed="right")],
    }

    def _start(self) -> None:
        self.weights_ = np.full(self.n_tasks_, 1 / self.n_tasks_)
        self.initial_losses_ = np.full(self.n_tasks_, np.nan)
        self.losses_ = np.full(self.n_tasks_, np.nan)

    def _end_epoch(self, losses: np.ndarray) -> None:
        unknown = np.isnan(self.initial_losses_)
        self.initial_losses_[unknown] = losses[unknown]

    def _observe_losses(self, losses: np.ndarray, tasks: np.ndarray) -> None:
        if (losses < 0).any():
            raise parameter_error(
                "losses",
                type(self).__name__,
                "0 or more, since it takes their ratios",
                f"{losses.min():.3g} for task {tasks[losses.argmin()]}",
            )
        self.losses_[tasks] = losses

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        weights = self.weights_[tasks]
        norms = weights * np.sqrt(G.diagonal())
        norms /= norms.mean()
        targets = self._rates(tasks) ** self.alpha
        steps = norms * np.sign(norms - targets / targets.mean())
        moved = weights * np.exp(-self.lr * steps)
        # The others keep theirs: those that are here share what they had together.
        self.weights_[tasks] = moved * (weights.sum() / moved.sum())
        return weights / weights.sum()

    def _rates(self, tasks: np.ndarray) -> np.ndarray:
        """Return how far the loss of each task is from 0, relative to the mean."""
        initial = self.initial_losses_[tasks]
        known = (initial > EPSILON) & np.isfinite(self.losses_[tasks])
        left = self.losses_[tasks][known] / initial[known]
        rates = np.ones(len(tasks))
        if left.any():
            rates[known] = left / left.mean()
        return rates
