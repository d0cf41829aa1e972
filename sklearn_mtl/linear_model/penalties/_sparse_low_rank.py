from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._lasso import LassoPenalty
from sklearn_mtl.linear_model.penalties._sum import SumPenalty
from sklearn_mtl.linear_model.penalties._trace import TracePenalty


class SparseLowRankPenalty(SumPenalty):
    r"""Tasks in a small common subspace, and single coefficients beside it.

    .. math::
        \Omega(W) = \min_{P + Q = W} \|P\|_* + \lambda \sum_{jt} |Q_{jt}|

    Parameters
    ----------
    weight : float, default=None
        The weight λ of the single coefficients. None is the middle of the window
        between 1 / √(n_features · n_tasks) (nothing common) and 1 (none of them).

    See Also
    --------
    TracePenalty : Without single coefficients.
    RobustPenalty : Whole tasks beside the subspace.

    References
    ----------
    Chen, J., Liu, J. and Ye, J. (2010). Learning incoherent sparse and low-rank
    patterns from multiple tasks. KDD.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import SparseLowRankPenalty
    >>> P = [[3.0, 3.0], [0.0, 0.0]]
    >>> Q = [[0.0, 0.0], [0.0, 4.0]]
    >>> SparseLowRankPenalty(weight=0.5).value([P, Q])
    6.24
    """

    def _parts(self) -> tuple[Penalty, Penalty]:
        return TracePenalty(), LassoPenalty()

    def _window(self, n_features: int, n_tasks: int) -> tuple[float, float]:
        return (n_features * n_tasks) ** -0.5, 1.0
