from dataclasses import dataclass

import numpy as np

from sklearn_mtl.neural_network.balancers._base import GramianBalancer


@dataclass(repr=False, eq=False)
class PCGrad(GramianBalancer):
    r"""Gradient surgery: gradients are projected off those they conflict with.

    The gradient of each task goes through the other tasks s in random order, and where
    :math:`\langle g, g_s \rangle < 0` becomes

    .. math::
        g - \frac{\langle g, g_s \rangle}{\| g_s \|^2} g_s

    with :math:`g_s` as it was. The update is the mean of the results.

    Parameters
    ----------
    update_weights_every : int, default=1
        Steps between two updates of the weights.

    See Also
    --------
    GradVac : Aims at an angle other than a right one.
    UPGrad : Projects off all conflicting gradients together.

    Notes
    -----
    The paper sums the results; the update here is T times shorter. With more than two
    tasks it may still make one worse.

    References
    ----------
    Yu, T., Kumar, S., Gupta, A., Levine, S., Hausman, K. and Finn, C. (2020). Gradient
    surgery for multi-task learning. NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.neural_network.balancers import PCGrad
    >>> PCGrad().combine([[4.0, 0.0], [-2.0, 2.0]])
    array([1., 2.])
    """

    def _weights(self, G: np.ndarray, tasks: np.ndarray) -> np.ndarray:
        from sklearn_mtl.neural_network.balancers._gradient_surgery import (
            project_off_conflicts,
            shuffle_other_tasks,
        )

        added = project_off_conflicts(G, shuffle_other_tasks(len(G), self.rng_))
        return (1 + added.sum(axis=0)) / len(G)
