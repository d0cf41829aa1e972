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

    allows_positive = True

    def _task_matrix(self, n_tasks: int) -> np.ndarray:
        return np.eye(n_tasks)

    def _value(self, W: np.ndarray) -> float:
        return 0.5 * np.vdot(W, W)

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        return W / (1 + step)

    def _conjugate(self, G: np.ndarray) -> float:
        return 0.5 * np.vdot(G, G)

    def _row_weights(self) -> tuple[float, float, float]:
        return 0.0, 0.0, 1.0
