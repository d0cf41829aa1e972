from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._column_l2 import ColumnL2Penalty
from sklearn_mtl.linear_model.penalties._l21 import L21Penalty
from sklearn_mtl.linear_model.penalties._sum import SumPenalty


class RobustFeaturePenalty(SumPenalty):
    r"""The same few features for all tasks, and a few tasks of their own.

    .. math::
        \Omega(W) = \min_{P + Q = W} \sum_j \|P_j\|_2 + \lambda \sum_t \|q_t\|_2

    Parameters
    ----------
    weight : float, default=None
        The weight λ of the outlying tasks. None is the middle of the window between
        1 / √n_tasks (nothing common) and √n_features (no outliers).

    See Also
    --------
    L21Penalty : Without outlying tasks.
    RobustPenalty : A common subspace instead of features.

    References
    ----------
    Gong, P., Ye, J. and Zhang, C. (2012). Robust multi-task feature learning. KDD.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import RobustFeaturePenalty
    >>> P = [[3.0, 3.0], [0.0, 0.0]]
    >>> Q = [[0.0, 0.0], [0.0, 4.0]]
    >>> RobustFeaturePenalty(weight=0.5).value([P, Q])
    6.24
    """

    def _parts(self) -> tuple[Penalty, Penalty]:
        return L21Penalty(), ColumnL2Penalty()

    def _window(self, n_features: int, n_tasks: int) -> tuple[float, float]:
        return n_tasks**-0.5, n_features**0.5
