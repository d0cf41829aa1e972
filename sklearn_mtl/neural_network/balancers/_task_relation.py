import warnings
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network.balancers._base import LossBalancer


@dataclass(repr=False, eq=False)
class TaskRelation(LossBalancer):
    r"""Fixed weights and a regulariser of related tasks: products of their losses.

    .. math::
        F(L) = \sum_t c_t L_t + \gamma \sum_{s \ne t} r_{st} L_s L_t

    Here c are the weights of the tasks, made to sum to 1, and γ is the strength. A task
    counts :math:`c_t + \gamma \sum_s (r_{st} + r_{ts}) L_s`: the more, the worse the
    tasks do that it is related to.

    Parameters
    ----------
    relations : array-like of shape (n_tasks, n_tasks), default=None
        The relations r. Each pair counts in both orders, and the diagonal does not
        count. None relates all pairs by the product of their weights :math:`c_s c_t`,
        1 / n_tasks² if no weights are given. Where a negative relation makes the weight
        of a task negative, training raises its loss; a warning says so.
    strength : float, default=1.0
        The strength γ.

    See Also
    --------
    Fixed : No relations.

    Notes
    -----
    With weights of the tasks λ that do not sum to 1, the objective is that of
    :math:`\sum_t \lambda_t L_t + \gamma' \sum_{s \ne t} r_{st} L_s L_t` divided by
    the sum of λ, where :math:`\gamma'` is γ times that sum.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import TaskRelation
    >>> balancer = TaskRelation([[0, 0.5], [0.5, 0]], strength=0.1)
    >>> round(balancer.objective([1.0, 3.0]).item(), 4)
    2.3
    """

    relations: Any = None
    strength: float = 1.0

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "relations": ["array-like", None],
        "strength": [Interval(Real, 0, None, closed="left")],
    }

    def _start(self) -> None:
        self.relations_ = None
        if self.relations is not None:
            self.relations_ = self._checked_relations()
            np.fill_diagonal(self.relations_, 0)

    def _objective(self, losses: Tensor, shares: Tensor, tasks: np.ndarray) -> Tensor:
        if self.relations_ is None:
            related = torch.outer(shares, shares).fill_diagonal_(0)
        else:
            related = torch.as_tensor(self.relations_[np.ix_(tasks, tasks)]).to(losses)
            if (self.relations_ < 0).any():
                self._warn_if_raised(losses.detach(), shares, related, tasks)
        return shares @ losses + self.strength * (losses @ related @ losses)

    def _warn_if_raised(
        self, losses: Tensor, shares: Tensor, related: Tensor, tasks: np.ndarray
    ) -> None:
        weights = shares + self.strength * (related + related.T) @ losses
        if bool((weights >= 0).all()):
            return
        self.n_failures_ += 1
        if not self.has_warned_:
            self.has_warned_ = True
            warnings.warn(
                f"The relations gave task {tasks[int(weights.argmin())]} a negative "
                "weight in a step, so that training raised its loss. A lower "
                "'strength' may help.",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _checked_relations(self) -> np.ndarray:
        owner = type(self).__name__
        expected = f"a finite matrix of {self.n_tasks_} x {self.n_tasks_} numbers"
        try:
            relations = np.array(self.relations, dtype=np.float64)
        except (TypeError, ValueError):
            raise parameter_error(
                "relations", owner, expected, repr(self.relations)
            ) from None
        if relations.shape != (self.n_tasks_, self.n_tasks_):
            got = f"shape {relations.shape}"
            raise parameter_error("relations", owner, expected, got)
        if not np.isfinite(relations).all():
            raise parameter_error("relations", owner, expected, "NaN or infinity")
        return relations
