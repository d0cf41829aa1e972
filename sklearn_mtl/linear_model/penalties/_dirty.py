from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._l1inf import L1InfPenalty
from sklearn_mtl.linear_model.penalties._lasso import LassoPenalty
from sklearn_mtl.linear_model.penalties._sum import SumPenalty


class DirtyPenalty(SumPenalty):
    r"""Features that all tasks share, and exceptions of single tasks.

    .. math::
        \Omega(W) = \min_{P + Q = W} \sum_j \max_t |P_{jt}| + \lambda \sum_{jt} |Q_{jt}|

    Parameters
    ----------
    weight : float, default=None
        The weight λ of the exceptions. None is 1 / √n_tasks, the middle of the window
        between 1 / n_tasks (exceptions only) and 1 (none).

    See Also
    --------
    L1InfPenalty : Without exceptions.
    SparseGroupPenalty : Sparse rows without two parts.

    References
    ----------
    Jalali, A., Ravikumar, P., Sanghavi, S. and Ruan, C. (2010). A dirty model for
    multi-task learning. NeurIPS.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import DirtyPenalty
    >>> P = [[3.0, 3.0], [0.0, 0.0]]
    >>> Q = [[0.0, 0.0], [0.0, 4.0]]
    >>> DirtyPenalty(weight=0.5).value([P, Q])
    5.00
    """

    def _parts(self) -> tuple[Penalty, Penalty]:
        return L1InfPenalty(), LassoPenalty()

    def _window(self, n_features: int, n_tasks: int) -> tuple[float, float]:
        return 1 / n_tasks, 1.0
