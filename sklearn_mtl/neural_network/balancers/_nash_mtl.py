from dataclasses import dataclass

import numpy as np

from sklearn_mtl.neural_network.balancers._base import GramianBalancer
from sklearn_mtl.neural_network.balancers._fair_weights import find_fair_weights


@dataclass(repr=False, eq=False)
class NashMTL(GramianBalancer):
    r"""Nash-MTL: the update that tasks would agree on when they bargain.

    .. math::
        w > 0, \qquad G w \propto 1 / w, \qquad
        \sum_t w_t \| g_t \| = \frac1T \sum_t \| g_t \|

    Each task gains the same, relative to how much it would gain from others. The
    direction does not depend on the scales of the losses.

    Parameters
    ----------
    update_weights_every : int, default=1
        Steps between two updates of the weights.

    See Also
    --------
    FairGrad : The same for ``alpha=1``, and a family of others.

    Notes
    -----
    The equation is solved to the precision of the computer by Newton's method on a
    convex problem, where the paper takes some steps of a concave-convex procedure. The
    weights of the paper are those with :math:`G w = 1/w`, clipped so that the norm of
    the update is at most 1. Here the weighted gradients are on average as long as the
    gradients, so that the update is on the scale of their mean, and does not shrink
    with the gradient of a task that is learnt already.

    References
    ----------
    Navon, A., Shamsian, A., Achituve, I., Maron, H., Kawaguchi, K., Chechik, G. and
    Fetaya, E. (2022). Multi-task learning as a bargaining game. ICML.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import NashMTL
    >>> NashMTL().combine([[4.0, 0.0], [0.0, 1.0]]).round(6)
    array([1.25, 1.25])
    """

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        return find_fair_weights(G, 1.0)
