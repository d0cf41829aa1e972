from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl.linear_model.penalties._quadratic import QuadraticPenalty


class MeanPenalty(QuadraticPenalty):
    r"""Tasks that are alike: coefficients near their mean over the tasks.

    .. math::
        \Omega(W) = \tfrac12 \sum_t \|w_t - \bar w\|^2 + \tfrac\rho2 \|W\|^2

    A small weight of the penalty leaves the tasks independent, a large one makes them
    one pooled model.

    Parameters
    ----------
    ridge : float, default=0.0
        The weight ρ of the ridge that pulls all tasks towards 0.

    See Also
    --------
    GraphPenalty : Say which tasks are alike.
    RidgePenalty : Shrink each task for itself.

    References
    ----------
    Evgeniou, T. and Pontil, M. (2004). Regularized multi-task learning. KDD.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import MeanPenalty
    >>> MeanPenalty().value([[3.0, 3.0], [1.0, -1.0]])
    1.0
    """

    relates_tasks = True
    _parameter_constraints: dict[str, Any] = {
        "ridge": [Interval(Real, 0, None, closed="left")]
    }

    def __init__(self, ridge: float = 0.0) -> None:
        self.ridge = ridge

    def task_matrix(self, n_tasks: int) -> np.ndarray:
        """Return the matrix that centres the tasks, and ρ more on the diagonal.

        Parameters
        ----------
        n_tasks : int
            The number of tasks.

        Returns
        -------
        ndarray of shape (n_tasks, n_tasks)
            The matrix A of the penalty ½ tr(W A Wᵀ).
        """
        return (1 + self.ridge) * np.eye(n_tasks) - 1 / n_tasks
