from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.linear_model.penalties._quadratic import QuadraticPenalty


class GraphPenalty(QuadraticPenalty):
    r"""Tasks that are related as given: a graph with signs and weights.

    .. math::
        \Omega(W) = \tfrac12 \sum_{s<t} |r_{st}| \,
        \|w_s - \operatorname{sign}(r_{st}) w_t\|^2 + \tfrac\rho2 \|W\|^2

    Parameters
    ----------
    relations : array-like of shape (n_tasks, n_tasks), default=None
        The symmetric matrix of relations r: positive where two tasks should have the
        same coefficients, negative where opposite ones, 0 where they are not related.
        The diagonal does not count. None relates all pairs by 1 / n_tasks, which is the
        mean penalty.
    ridge : float, default=0.0
        The weight ρ of the ridge that pulls all tasks towards 0.

    See Also
    --------
    MeanPenalty : All tasks are alike.

    References
    ----------
    Evgeniou, T., Micchelli, C. A. and Pontil, M. (2005). Learning multiple tasks with
    kernel methods. JMLR, 6, 615-637.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import GraphPenalty
    >>> GraphPenalty([[0, -1], [-1, 0]]).value([[2.0, -2.0], [1.0, 1.0]])
    2.0
    """

    relates_tasks = True
    _parameter_constraints: dict[str, Any] = {
        "relations": ["array-like", None],
        "ridge": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, relations: Any = None, ridge: float = 0.0) -> None:
        self.relations = relations
        self.ridge = ridge

    def _search_grid(
        self, n_features: int, n_tasks: int, scale: float
    ) -> dict[str, list[Any]]:
        return {"ridge": [0.001, 0.01, 0.1, 1.0]}

    def _task_matrix(self, n_tasks: int) -> np.ndarray:
        if self.relations is None:
            relations = np.full((n_tasks, n_tasks), 1 / n_tasks)
        else:
            relations = np.array(self.relations, dtype=np.float64)
        np.fill_diagonal(relations, 0)
        return np.diag(np.abs(relations).sum(axis=1) + self.ridge) - relations

    def _check(self, n_features: int, n_tasks: int) -> None:
        super()._check(n_features, n_tasks)
        if self.relations is None:
            return
        owner = type(self).__name__
        expected = f"a square matrix with a row for each of the {n_tasks} task(s)"
        try:
            relations = np.array(self.relations, dtype=np.float64)
        except (TypeError, ValueError):
            got = "what is no matrix of numbers"
            raise parameter_error("relations", owner, expected, got) from None
        if relations.shape != (n_tasks, n_tasks):
            got = f"shape {relations.shape}"
        elif not np.isfinite(relations).all():
            expected, got = "finite", "other values"
        elif not np.allclose(relations, relations.T):
            expected, got = "symmetric", "a matrix that is not"
        else:
            return
        raise parameter_error("relations", owner, expected, got)
