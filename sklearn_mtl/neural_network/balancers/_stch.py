from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network.balancers._base import LossBalancer
from sklearn_mtl.neural_network.balancers._log_losses import EPSILON, log_losses


@dataclass(repr=False, eq=False)
class STCH(LossBalancer):
    r"""Smooth Tchebycheff: the largest of the relative losses, smoothed.

    .. math::
        F(L) = \mu \log \sum_t c_t \exp\Bigl( \frac1\mu
        \log \frac{L_t + \varepsilon}{n_t + \varepsilon} \Bigr)

    Here c are the weights of the tasks, made to sum to 1, and ε is 1e-6. The nadir n
    says what is a bad loss of each task. As in the authors' code, losses count by their
    logarithm relative to it, so that their units do not matter; the paper states the
    method for losses as they are, of which the one with the largest unit would win.

    Without a given nadir, training starts with some epochs of `SI`, whose weights are
    those of this objective at the nadir. Then n is the mean losses of the last of them.
    A task that had no labels there goes on as in `SI` until an epoch has some.

    Parameters
    ----------
    mu : float, default=1.0
        The smoothing μ. Towards 0 only the task with the largest relative loss counts;
        with 1 the mean of the relative losses is minimised.
    warm_up_epochs : int, default=4
        The number of epochs before the nadir is known, if it is not given.
    nadir : array-like of shape (n_tasks,), default=None
        A bad loss of each task, such as that of a constant prediction. None takes the
        mean losses in the last epoch of the warm-up.

    Attributes
    ----------
    nadir_ : ndarray of shape (n_tasks,)
        The nadir; NaN where it is not known yet.

    See Also
    --------
    SI : Treats all tasks alike, however bad they are.

    References
    ----------
    Lin, X., Zhang, X., Yang, Z., Liu, F., Wang, Z. and Zhang, Q. (2024). Smooth
    Tchebycheff scalarization for multi-objective optimization. ICML.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import STCH
    >>> balancer = STCH(mu=0.01, nadir=[1.0, 10.0])
    >>> round(balancer.objective([1.0, 5.0]).exp().item(), 2)
    0.99
    """

    mu: float = 1.0
    warm_up_epochs: int = 4
    nadir: Any = None

    needs_positive_losses = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "mu": [Interval(Real, 0, None, closed="neither")],
        "warm_up_epochs": [Interval(Integral, 1, None, closed="left")],
        "nadir": ["array-like", None],
    }

    def _start(self) -> None:
        self.n_epochs_ = 0
        self.nadir_ = np.full(self.n_tasks_, np.nan)
        if self.nadir is not None:
            self.nadir_[:] = self._checked_nadir()

    def _end_epoch(self, losses: np.ndarray) -> None:
        self.n_epochs_ += 1
        if self.n_epochs_ >= self.warm_up_epochs:
            self.nadir_ = np.where(np.isnan(self.nadir_), losses, self.nadir_)

    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        logs = log_losses(losses)
        # Small arrays of constants are faster in NumPy.
        c = shares.cpu().double().numpy()
        known = np.isfinite(self.nadir_[tasks]) & (c > 0)
        total = c[known].sum()
        objective = torch.as_tensor(np.where(known, 0.0, c)).to(losses) @ logs
        if total == 0:
            return objective
        offsets = np.full(len(c), -np.inf)
        nadir = self.nadir_[tasks][known] + EPSILON
        offsets[known] = np.log(c[known] / total) - np.log(nadir) / self.mu
        smooth = (logs / self.mu + torch.as_tensor(offsets).to(losses)).logsumexp(0)
        return objective + float(total * self.mu) * smooth

    def _checked_nadir(self) -> np.ndarray:
        expected = f"{self.n_tasks_} finite number(s) above 0, one per task, or None"
        try:
            nadir = np.array(self.nadir, dtype=np.float64)
        except (TypeError, ValueError):
            nadir = np.empty(0)
        good = nadir.shape == (self.n_tasks_,) and np.isfinite(nadir).all()
        if not good or (nadir <= 0).any():
            raise parameter_error(
                "nadir", type(self).__name__, expected, repr(self.nadir)
            )
        return nadir
