from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl.neural_network.balancers._base import GramianBalancer
from sklearn_mtl.neural_network.balancers._fair_weights import find_fair_weights


@dataclass(repr=False, eq=False)
class FairGrad(GramianBalancer):
    r"""FairGrad: the gains of the tasks are shared out as fairly as one wants.

    .. math::
        w > 0, \qquad (G w)^{\alpha} \propto 1 / w, \qquad
        \sum_t w_t \| g_t \| = \frac1T \sum_t \| g_t \|

    Parameters
    ----------
    alpha : float, default=1.0
        How much fairness counts. With 0 the mean of the gains is greatest, and the
        update is the mean of the gradients; 1 is Nash-MTL; the larger, the more the
        smallest gain counts.

    update_weights_every : int, default=1
        Steps between two updates of the weights.

    See Also
    --------
    NashMTL : The same for ``alpha=1``.

    Notes
    -----
    In the paper the two sides are equal; here the weighted gradients are on average as
    long as the gradients, so that the update is on the scale of their mean. With many
    tasks and an alpha of 20 or more the equation may be too hard to solve: then the
    mean of the gradients is taken, with a warning.

    References
    ----------
    Ban, H. and Ji, K. (2024). Fair resource allocation in multi-task learning. ICML.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import FairGrad
    >>> FairGrad(alpha=0.0).combine([[4.0, 0.0], [0.0, 1.0]])
    array([2. , 0.5])
    >>> FairGrad(alpha=1.0).combine([[4.0, 0.0], [0.0, 1.0]]).round(6)
    array([1.25, 1.25])
    """

    alpha: float = 1.0

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **GramianBalancer._parameter_constraints,
        "alpha": [Interval(Real, 0, None, closed="left")],
    }

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        if self.alpha == 0:
            return np.full(len(G), 1 / len(G))
        return find_fair_weights(G, 1 / self.alpha)
