from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._thresholding import (
    shrink_entries,
    shrink_rows,
)


class FusedPenalty(Penalty):
    r"""Tasks in an order, with coefficients that stay the same or jump; few features.

    .. math::
        \Omega(W) = \gamma \sum_{t > 1} \|w_t - w_{t-1}\|_1
        + \lambda \sum_{jt} |W_{jt}| + (1 - \lambda) \sum_j \|W_j\|_2

    This is the convex fused sparse group lasso.

    Parameters
    ----------
    smoothness : float, default=1.0
        The weight γ of the differences between tasks that follow each other; 0 is
        :class:`SparseGroupPenalty`.
    l1_ratio : float, default=0.5
        The ratio λ of single coefficients to whole features.

    See Also
    --------
    TemporalPenalty : Coefficients that change a little from each task to the next.
    SparseGroupPenalty : Tasks without an order.

    Notes
    -----
    Its prox is a loop that is compiled when it is first used, which takes a few
    seconds. What is compiled is kept on disk.

    References
    ----------
    Zhou, J., Liu, J., Narayan, V. A. and Ye, J. (2012). Modeling disease progression
    via fused sparse group lasso. KDD.

    Johnson, N. A. (2013). A dynamic programming algorithm for the fused lasso and
    L0-segmentation. JCGS, 22, 246-260.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import FusedPenalty
    >>> FusedPenalty(smoothness=2.0).value([[3.0, 4.0]])
    8.0
    >>> FusedPenalty().prox([[9.0, 8.0, 1.0]], step=0.0)
    array([[9., 8., 1.]])
    """

    is_norm = True
    relates_tasks = True
    _parameter_constraints: dict[str, Any] = {
        "smoothness": [Interval(Real, 0, None, closed="left")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, smoothness: float = 1.0, l1_ratio: float = 0.5) -> None:
        self.smoothness = smoothness
        self.l1_ratio = l1_ratio

    def _search_grid(
        self, n_features: int, n_tasks: int, scale: float
    ) -> dict[str, list[Any]]:
        return {"smoothness": [0.1, 1.0, 10.0]}

    def _value(self, W: np.ndarray) -> float:
        changes = np.abs(np.diff(W, axis=1)).sum()
        of_rows = np.linalg.norm(W, axis=1).sum()
        sizes = self.l1_ratio * np.abs(W).sum() + (1 - self.l1_ratio) * of_rows
        return self.smoothness * changes + sizes

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        # In this order the three proxes are the prox of the sum.
        if step * self.smoothness > 0:
            # What compiles takes long to import.
            from sklearn_mtl.linear_model.penalties._total_variation import (
                prox_total_variation,
            )

            W = prox_total_variation(np.ascontiguousarray(W), step * self.smoothness)
        shrunk = shrink_entries(W, step * self.l1_ratio)
        return shrink_rows(shrunk, step * (1 - self.l1_ratio))
