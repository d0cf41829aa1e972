from dataclasses import dataclass

import numpy as np

from sklearn_mtl.neural_network.balancers._base import GramianBalancer
from sklearn_mtl.neural_network.balancers._unit_gramian import find_range, split_norms


@dataclass(repr=False, eq=False)
class ConFIG(GramianBalancer):
    r"""Conflict-free gradient: the direction at the same angle to all the gradients.

    .. math::
        d = \langle \bar g, u \rangle u, \qquad u \propto U^{+} \mathbf 1

    The rows of U are the gradients taken to length 1, :math:`U^{+}` is its
    pseudoinverse and :math:`\bar g` the mean of the gradients. The direction does not
    depend on the lengths of the gradients.

    Parameters
    ----------
    update_weights_every : int, default=1
        Steps between two updates of the weights.

    See Also
    --------
    IMTLG : The same direction with another length, if no gradient depends on others.

    Notes
    -----
    The paper has T times this length, with the sum of the gradients for their mean.
    Where gradients cancel each other so that no direction is at the same angle to
    all, the direction of least squares is taken; it is 0 for two opposite gradients.

    References
    ----------
    Liu, Q., Chu, M. and Thuerey, N. (2025). ConFIG: towards conflict-free training of
    physics informed neural networks. ICLR.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import ConFIG
    >>> ConFIG().combine([[4.0, 0.0], [0.0, 2.0]]).round(6)
    array([1.5, 1.5])
    """

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        norms, C = split_norms(G)
        values, vectors = find_range(C)
        ones = vectors.sum(axis=0)
        if ones @ ones <= 1e-12 * len(G):
            return np.zeros(len(G))
        direction = vectors @ (ones / values)
        projection = norms @ (C @ direction) / len(G)
        return projection / (ones @ (ones / values)) * direction / norms
