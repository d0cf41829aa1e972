"""Penalties ½ tr(W A Wᵀ) with a matrix A between the tasks."""

from abc import abstractmethod

import numpy as np

from sklearn_mtl.linear_model.penalties._base import Penalty

_ROUNDING = 1e-9


class QuadraticPenalty(Penalty):
    """A penalty ½ tr(W A Wᵀ); a subclass has `_task_matrix`, which returns A."""

    def task_matrix(self, n_tasks: int) -> np.ndarray:
        """Return the positive semi-definite matrix A of the penalty ½ tr(W A Wᵀ).

        Parameters
        ----------
        n_tasks : int
            The number of tasks.

        Returns
        -------
        ndarray of shape (n_tasks, n_tasks)
            The matrix.
        """
        return self._task_matrix(n_tasks)

    @abstractmethod
    def _task_matrix(self, n_tasks: int) -> np.ndarray:
        """Return the matrix A between the tasks."""

    def _value(self, W: np.ndarray) -> float:
        return 0.5 * np.vdot(W, W @ self.task_matrix(W.shape[1]))

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        A = self.task_matrix(W.shape[1])
        return np.linalg.solve(np.eye(len(A)) + step * A, W.T).T

    def _conjugate(self, G: np.ndarray) -> float:
        eigenvalues, vectors = np.linalg.eigh(self.task_matrix(G.shape[1]))
        rotated = G @ vectors
        free = eigenvalues <= 1e-12 * max(eigenvalues[-1], 1.0)
        # It is infinite unless what costs nothing is 0, but for rounding.
        if np.linalg.norm(rotated[:, free]) > _ROUNDING * np.linalg.norm(G):
            return np.inf
        return 0.5 * float((rotated[:, ~free] ** 2 / eigenvalues[~free]).sum())
