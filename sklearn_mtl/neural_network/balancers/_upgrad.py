from dataclasses import dataclass

import numpy as np

from sklearn_mtl.neural_network.balancers._base import GramianBalancer
from sklearn_mtl.neural_network.balancers._unit_gramian import split_norms


@dataclass(repr=False, eq=False)
class UPGrad(GramianBalancer):
    r"""The mean of the gradients, each projected to where no task gets worse.

    .. math::
        \frac1T \sum_t \arg\min_d \| d - g_t \|^2
        \quad \text{subject to} \quad \langle g_s, d \rangle \ge 0
        \ \text{for all tasks } s

    Unlike MGDA, it grows with the gradient of each task, so that no task dominates
    because its gradient is small.

    Parameters
    ----------
    update_weights_every : int, default=1
        Steps between two updates of the weights.

    See Also
    --------
    DualProj : Takes the mean, then projects it.
    PCGrad : Projects too, off one gradient after another.

    Notes
    -----
    The projections are exact: nothing is added to the products of the gradients.

    References
    ----------
    Quinton, P. and Rey, V. (2024). Jacobian descent for multi-objective optimization.
    arXiv:2406.16232.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import UPGrad
    >>> UPGrad().combine([[4.0, 0.0], [-2.0, 2.0]]).round(6)
    array([1., 2.])
    """

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        from sklearn_mtl.neural_network.balancers._nonnegative_qp import (
            solve_nonnegative_qps,
        )

        norms, C = split_norms(G)
        # A projection is the gradient plus a nonnegative combination of them all.
        added = solve_nonnegative_qps(C, C)
        return (norms + norms @ added) / norms / len(G)
