from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl.neural_network.balancers._base import GramianBalancer
from sklearn_mtl.neural_network.balancers._unit_gramian import split_norms


@dataclass(repr=False, eq=False)
class CAGrad(GramianBalancer):
    r"""Conflict-averse gradient: near the mean, the best for the worst-off task.

    .. math::
        \frac{1}{1 + c} \arg\max_d \min_t \langle g_t, d \rangle
        \quad \text{subject to} \quad \| d - \bar g \| \le c \| \bar g \|

    where :math:`\bar g` is the mean of the gradients.

    Parameters
    ----------
    c : float, default=0.5
        How far from the mean it may go, relative to the mean. With 0 it is the mean;
        below 1 the mean of the losses still goes down.

    update_weights_every : int, default=1
        Steps between two updates of the weights.

    See Also
    --------
    MGDA : What a large radius leads to.

    Notes
    -----
    The paper does not divide by 1 + c, which keeps the length of the update at or
    below that of the mean. Where the gradients allow no direction in which all tasks
    improve, there may be many solutions; the one nearest to the mean is taken. The
    problem is solved exactly, by the projection of the mean onto
    :math:`\{ d : \langle g_t, d \rangle \ge \mu \}`, whose distance from the mean grows
    with :math:`\mu`.

    References
    ----------
    Liu, B., Liu, X., Jin, X., Stone, P. and Liu, Q. (2021). Conflict-averse gradient
    descent for multi-task learning. NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import CAGrad
    >>> CAGrad(c=0.0).combine([[4.0, 0.0], [0.0, 2.0]])
    array([2., 1.])
    >>> CAGrad(c=0.5).combine([[4.0, 0.0], [0.0, 2.0]]).round(2)
    array([1.33, 1.41])
    """

    c: float = 0.5

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **GramianBalancer._parameter_constraints,
        "c": [Interval(Real, 0, None, closed="left")],
    }

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        from sklearn_mtl.neural_network.balancers._conflict_averse import (
            find_conflict_averse,
        )

        norms, C = split_norms(G)
        mean = norms / len(G)
        added = find_conflict_averse(C, norms, mean, self.c)
        return (mean + added) / norms / (1 + self.c)
