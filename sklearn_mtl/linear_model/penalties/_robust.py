from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._column_l2 import ColumnL2Penalty
from sklearn_mtl.linear_model.penalties._sum import SumPenalty
from sklearn_mtl.linear_model.penalties._trace import TracePenalty


class RobustPenalty(SumPenalty):
    r"""Tasks in a small common subspace, and a few tasks of their own.

    .. math::
        \Omega(W) = \min_{P + Q = W} \|P\|_* + \lambda \sum_t \|q_t\|_2

    Parameters
    ----------
    weight : float, default=None
        The weight λ of the outlying tasks. None is the middle of the window between
        1 / √n_tasks (nothing common) and 1 (no outliers).

    See Also
    --------
    TracePenalty : Without outlying tasks.
    RobustFeaturePenalty : Common features instead of a subspace.

    References
    ----------
    Chen, J., Zhou, J. and Ye, J. (2011). Integrating low-rank and group-sparse
    structures for robust multi-task learning. KDD.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import RobustPenalty
    >>> P = [[3.0, 3.0], [0.0, 0.0]]
    >>> Q = [[0.0, 0.0], [0.0, 4.0]]
    >>> RobustPenalty(weight=0.5).value([P, Q])
    6.24
    """

    def _parts(self) -> tuple[Penalty, Penalty]:
        return TracePenalty(), ColumnL2Penalty()

    def _window(self, n_features: int, n_tasks: int) -> tuple[float, float]:
        return n_tasks**-0.5, 1.0
