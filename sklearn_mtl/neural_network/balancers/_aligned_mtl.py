from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import StrOptions

from sklearn_mtl.neural_network.balancers._base import GramianBalancer
from sklearn_mtl.neural_network.balancers._unit_gramian import find_range


@dataclass(repr=False, eq=False)
class AlignedMTL(GramianBalancer):
    r"""Aligned principal components: the mean of gradients made orthogonal.

    .. math::
        w = \sigma V \Sigma^{-1} V^\top \mathbf 1 / T,
        \qquad G = V \Sigma^2 V^\top

    The Jacobian is replaced by the nearest one whose singular values, but those that
    are 0, are all :math:`\sigma`.

    Parameters
    ----------
    scale : {"min", "median", "rmse"}, default="min"
        The singular value that all become: the least of them, the median (the lower
        one of two), or the root of the mean of their squares.

    update_weights_every : int, default=1
        Steps between two updates of the weights.

    See Also
    --------
    UPGrad : Removes conflicts by projections.

    Notes
    -----
    Of all the methods, the one most sensitive to gradients that nearly depend on each
    other linearly: with ``scale="min"`` the update is then much shorter than the mean
    of the gradients. Singular values below 1e-6 of the largest count as 0.

    References
    ----------
    Senushkin, D., Patakin, N., Kuznetsov, A. and Konushin, A. (2023). Independent
    component alignment for multi-task learning. CVPR.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import AlignedMTL
    >>> AlignedMTL().combine([[4.0, 0.0], [0.0, 1.0]]).round(6)
    array([0.5, 0.5])
    >>> AlignedMTL(scale="rmse").combine([[7.0, 0.0], [0.0, 1.0]]).round(6)
    array([2.5, 2.5])
    """

    scale: str = "min"

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **GramianBalancer._parameter_constraints,
        "scale": [StrOptions({"min", "median", "rmse"})],
    }

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        values, vectors = find_range(G / np.trace(G))
        target = {
            "min": values[0],
            "median": values[(len(values) - 1) // 2],
            "rmse": values.mean(),
        }[self.scale]
        return vectors @ (np.sqrt(target / values) * vectors.mean(axis=0))
