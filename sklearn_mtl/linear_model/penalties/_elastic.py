from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._l21 import L21Penalty


class ElasticPenalty(Penalty):
    r"""Another penalty and a ridge.

    .. math:: \Omega(W) = \Omega_1(W) + \tfrac\rho2 \|W\|^2

    With :class:`L21Penalty` a regression on complete targets is
    :class:`~sklearn.linear_model.MultiTaskElasticNet`.

    Parameters
    ----------
    penalty : object, default=None
        The penalty Ω₁, convex and not a sum of several itself; None is
        :class:`L21Penalty`.
    ridge : float, default=1.0
        The weight ρ of the ridge, above 0.

    See Also
    --------
    RidgePenalty : The ridge alone.

    References
    ----------
    Zou, H. and Hastie, T. (2005). Regularization and variable selection via the elastic
    net. JRSS B, 67, 301-320.

    Examples
    --------
    >>> from sklearn_mtl.linear_model.penalties import ElasticPenalty, LassoPenalty
    >>> ElasticPenalty(LassoPenalty(), ridge=1.0).prox([[3.0, -0.5]], step=1.0)
    array([[1., 0.]])
    """

    _parameter_constraints: dict[str, Any] = {
        "penalty": [Penalty, None],
        "ridge": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, penalty: Any = None, ridge: float = 1.0) -> None:
        self.penalty = penalty
        self.ridge = ridge

    def _search_grid(
        self, n_features: int, n_tasks: int, scale: float
    ) -> dict[str, list[Any]]:
        return {"ridge": [0.01 * scale, 0.1 * scale, scale]}

    @property
    def relates_tasks(self) -> bool:  # type: ignore[override]
        """Whether a column is a task by its place, as it is for Ω₁."""
        return getattr(self._inner, "relates_tasks", False)

    @property
    def allows_positive(self) -> bool:  # type: ignore[override]
        """Whether the coefficients can be kept above 0, as they can for Ω₁."""
        return getattr(self._inner, "allows_positive", False)

    @property
    def _inner(self) -> Penalty:
        return L21Penalty() if self.penalty is None else self.penalty

    def _value(self, W: np.ndarray) -> float:
        return self._inner.value(W) + 0.5 * self.ridge * np.vdot(W, W)

    def _prox(self, W: np.ndarray, step: float) -> np.ndarray:
        scale = 1 + step * self.ridge
        return self._inner.prox(W / scale, step / scale)

    def _conjugate(self, G: np.ndarray) -> float:
        # The ridge makes the maximiser unique: it is a prox.
        W = self._inner.prox(G / self.ridge, 1 / self.ridge)
        return np.vdot(G, W) - self._value(W)

    def _alpha_max(self, G: np.ndarray) -> float:
        return self._inner.alpha_max(G)

    def _row_weights(self) -> tuple[float, float, float] | None:
        weights = self._inner._row_weights()
        return weights and (*weights[:2], weights[2] + self.ridge)

    def _find_task_covariance(self, W: np.ndarray) -> np.ndarray | None:
        return self._inner._find_task_covariance(W)

    def _check(self, n_features: int, n_tasks: int) -> None:
        super()._check(n_features, n_tasks)
        self._inner._check(n_features, n_tasks)
        owner = type(self).__name__
        if self._inner.n_components > 1:
            raise parameter_error("penalty", owner, "one penalty", "a sum of several")
        if not self._inner.is_convex:
            raise parameter_error("penalty", owner, "convex", self._inner)
