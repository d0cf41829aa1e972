from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl.neural_network.balancers._base import GramianBalancer


@dataclass(repr=False, eq=False)
class GradVac(GramianBalancer):
    r"""Gradient vaccine: gradients are made as similar as they usually are.

    The gradient of each task goes through the other tasks s in random order, and where
    its cosine :math:`\phi` to :math:`g_s` is below the usual one :math:`\hat\phi`
    becomes

    .. math::
        g + \frac{\| g \| (\hat\phi \sqrt{1 - \phi^2} - \phi \sqrt{1 - \hat\phi^2})}
        {\| g_s \| \sqrt{1 - \hat\phi^2}} g_s

    so that it is the usual one. That starts at 0 and follows
    :math:`\hat\phi \leftarrow (1 - \beta) \hat\phi + \beta \phi`. The update is the
    mean of the results.

    Parameters
    ----------
    beta : float, default=0.5
        How fast the usual cosine follows that of a step, from 0 to 1. With 0 it stays
        0, and the method is PCGrad.

    update_weights_every : int, default=1
        Steps between two updates of the weights.

    Attributes
    ----------
    cosines_ : ndarray of shape (n_tasks, n_tasks)
        The usual cosines, of the task of the row as it meets that of the column.

    See Also
    --------
    PCGrad : Aims at right angles.

    Notes
    -----
    The paper sums the results; the update here is T times shorter. A gradient is made
    no more similar to another than a cosine of 0.999, which bounds its length.

    References
    ----------
    Wang, Z., Tsvetkov, Y., Firat, O. and Cao, Y. (2021). Gradient vaccine:
    investigating and improving multi-task optimization in massively multilingual
    models. ICLR.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import GradVac
    >>> balancer = GradVac()
    >>> balancer.combine([[4.0, 0.0], [-2.0, 2.0]])
    array([1., 2.])
    >>> balancer.cosines_.round(3)
    array([[ 0.   , -0.354],
           [-0.354,  0.   ]])
    """

    beta: float = 0.5

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **GramianBalancer._parameter_constraints,
        "beta": [Interval(Real, 0, 1, closed="both")],
    }

    def _start(self) -> None:
        self.cosines_ = np.zeros((self.n_tasks_, self.n_tasks_))

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        from sklearn_mtl.neural_network.balancers._gradient_surgery import (
            make_similar,
            shuffle_other_tasks,
        )

        pairs = np.ix_(tasks, tasks)
        usual = self.cosines_[pairs]
        orders = shuffle_other_tasks(len(G), self.rng_)
        added, met = make_similar(G, orders, usual)
        self.cosines_[pairs] = (1 - self.beta) * usual + self.beta * met
        return (1 + added.sum(axis=0)) / len(G)
