from dataclasses import dataclass

import numpy as np

from sklearn_mtl.neural_network.balancers._base import GramianBalancer
from sklearn_mtl.neural_network.balancers._unit_gramian import split_norms


@dataclass(repr=False, eq=False)
class MGDA(GramianBalancer):
    r"""Multiple gradient descent: the shortest convex combination of the gradients.

    .. math::
        \min_{w \ge 0,\ \sum_t w_t = 1} \Bigl\| \sum_t w_t g_t \Bigr\|^2

    A step along it makes no task worse, to first order. The task with the smallest
    gradient dominates; one whose gradient is 0 is left out.

    Parameters
    ----------
    update_weights_every : int, default=1
        Steps between two updates of the weights.

    See Also
    --------
    CAGrad : Stays near the mean of the gradients.
    UPGrad : Makes no task worse either, and is not dominated by one.

    Notes
    -----
    The minimum is exact, where the paper approaches it by the method of Frank and
    Wolfe.

    References
    ----------
    Sener, O. and Koltun, V. (2018). Multi-task learning as multi-objective
    optimization. NeurIPS.

    Désidéri, J.-A. (2012). Multiple-gradient descent algorithm (MGDA) for
    multiobjective optimization. Comptes Rendus Mathématique, 350, 313-318.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import MGDA
    >>> MGDA().combine([[1.0, 0.0], [0.0, 1.0]])
    array([0.5, 0.5])
    """

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        from sklearn_mtl.neural_network.balancers._nonnegative_qp import (
            solve_nonnegative_qp,
        )

        norms, C = split_norms(G)
        # Up to its scale, the minimiser of ½‖Σ z g‖² - Σ z; where that has no minimum
        # it is a way down, along which the combination of the gradients is 0.
        z, _ = solve_nonnegative_qp(C, -norms.min() / norms)
        weights = z * (norms.min() / norms)
        return weights / weights.sum()
