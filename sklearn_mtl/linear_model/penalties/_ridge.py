import numpy as np

from sklearn_mtl.linear_model.penalties._quadratic import QuadraticPenalty


class RidgePenalty(QuadraticPenalty):
    """Small coefficients, each task for itself: Ω(W) = ½‖W‖².

    With it a regression is :class:`~sklearn.linear_model.Ridge` with ``alpha`` times
    the number of samples.

    See Also
    --------
    MeanPenalty : Shrink the tasks towards each other instead.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import RidgePenalty
    >>> RidgePenalty().value([[3.0, 4.0]])
    12.5
    """

    def task_matrix(self, n_tasks: int) -> np.ndarray:
        """Return the identity.

        Parameters
        ----------
        n_tasks : int
            The number of tasks.

        Returns
        -------
        ndarray of shape (n_tasks, n_tasks)
            The matrix A of the penalty ½ tr(W A Wᵀ).
        """
        return np.eye(n_tasks)

    def _value(self, W: np.ndarray) -> float:
        return 0.5 * np.vdot(W, W)

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        return W / (1 + step)

    def _conjugate(self, G: np.ndarray) -> float:
        return 0.5 * np.vdot(G, G)
