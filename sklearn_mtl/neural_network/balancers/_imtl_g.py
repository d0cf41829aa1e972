from dataclasses import dataclass

import numpy as np

from sklearn_mtl.neural_network.balancers._base import GramianBalancer, SolverError
from sklearn_mtl.neural_network.balancers._unit_gramian import find_range, split_norms


@dataclass(repr=False, eq=False)
class IMTLG(GramianBalancer):
    r"""Impartial learning: a combination with equal projections on all the gradients.

    .. math::
        d = \sum_t w_t g_t, \qquad \sum_t w_t = 1, \qquad
        \langle d, g_t / \| g_t \| \rangle \ \text{is the same for all tasks } t

    Weights may be negative.

    Parameters
    ----------
    update_weights_every : int, default=1
        Steps between two updates of the weights.

    See Also
    --------
    ConFIG : The same direction, as long as the projection of the mean on it.

    Notes
    -----
    Where the gradients depend on each other linearly the combination is one of least
    squares, and shortest. Where the weights cannot be made to sum to 1, or the
    combination would make all tasks worse, the mean of the gradients is taken, with a
    warning. As the weights sum to 1, the update is short where one gradient is.

    References
    ----------
    Liu, L., Li, Y., Kuang, Z., Xue, J.-H., Chen, Y., Yang, W., Liao, Q. and Zhang, W.
    (2021). Towards impartial multi-task learning. ICLR.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import IMTLG
    >>> IMTLG().combine([[4.0, 0.0], [0.0, 1.0]]).round(6)
    array([0.8, 0.8])
    """

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        norms, C = split_norms(G)
        values, vectors = find_range(C)
        ones = vectors.sum(axis=0)
        weights = vectors @ (ones / values) * (norms.min() / norms)
        total = weights.sum()
        if ones @ ones <= 1e-12 * len(G) or total <= 1e-8 * np.abs(weights).sum():
            raise SolverError("no weights that sum to 1 give equal projections")
        return weights / total
