from dataclasses import dataclass

import numpy as np

from sklearn_mtl.neural_network.balancers._base import GramianBalancer
from sklearn_mtl.neural_network.balancers._unit_gramian import split_norms


@dataclass(repr=False, eq=False)
class DualProj(GramianBalancer):
    r"""The mean of the gradients, projected to where no task gets worse.

    .. math::
        \min_d \Bigl\| d - \frac1T \sum_t g_t \Bigr\|^2
        \quad \text{subject to} \quad \langle g_t, d \rangle \ge 0
        \ \text{for all tasks } t

    Where no task opposes the mean of the gradients this is the mean.

    Parameters
    ----------
    update_weights_every : int, default=1
        Steps between two updates of the weights.

    See Also
    --------
    UPGrad : Projects each gradient, then takes the mean.

    Notes
    -----
    The projection is exact: nothing is added to the products of the gradients.

    References
    ----------
    Lopez-Paz, D. and Ranzato, M. (2017). Gradient episodic memory for continual
    learning. NeurIPS.

    Quinton, P. and Rey, V. (2024). Jacobian descent for multi-objective optimization.
    arXiv:2406.16232.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import DualProj
    >>> DualProj().combine([[4.0, 0.0], [-2.0, 2.0]]).round(6)
    array([1., 1.])
    """

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        from sklearn_mtl.neural_network.balancers._nonnegative_qp import (
            solve_nonnegative_qps,
        )

        norms, C = split_norms(G)
        mean = norms / len(G)
        (added,) = solve_nonnegative_qps(C, (C @ mean)[np.newaxis])
        return (mean + added) / norms
