"""Passes over the rows of W, compiled; to import it takes a moment."""

import numpy as np

from sklearn_mtl._compiled import compiled

_MAX_STEPS = 50
_TINY = 1e-15


@compiled
def _threshold(v: float, l1: float, positive: bool) -> float:
    if v > l1:
        return v - l1
    if v < -l1 and not positive:
        return v + l1
    return 0.0


@compiled
def _find_norm(c: np.ndarray, h: np.ndarray, l2: float, guess: float) -> float:
    """Return the root r of ‖c / (r h + l2)‖ = 1, for ‖c‖ > l2 > 0.

    The inverse of the norm is concave in r: after its first step Newton's method stays
    below the root.
    """
    r = guess
    for _ in range(_MAX_STEPS):
        square, slope = 0.0, 0.0
        for t in range(len(c)):
            d = 1 / (r * h[t] + l2)
            s = (c[t] * d) ** 2
            square += s
            slope += s * h[t] * d
        if slope <= 0:
            break
        step = max(square * (np.sqrt(square) - 1) / slope, -r)
        r += step
        if abs(step) <= 1e-13 * r:
            break
    return r


@compiled
def _solve_row(
    c: np.ndarray, h: np.ndarray, l2: float, guess: float, is_same: bool
) -> None:
    """Minimise ½ Σ h w² - c w + l2 ‖w‖ for h ≥ 0, in place of c.

    `guess` is one of ‖w‖; `is_same` says that all h are.
    """
    square = 0.0
    for t in range(len(c)):
        square += c[t] ** 2
    size, r = np.sqrt(square), guess
    if l2 > 0 and size > l2:
        r = (size - l2) / h[0] if is_same else _find_norm(c, h, l2, guess)
    for t in range(len(c)):
        if size <= l2 or h[t] == 0 == l2:
            c[t] = 0.0
        elif l2 == 0:
            c[t] /= h[t]
        else:
            c[t] *= r / (r * h[t] + l2)


@compiled
def _move_gradient(
    Q: np.ndarray, second: np.ndarray, group_of: np.ndarray, change: np.ndarray
) -> None:
    """Add to Q what a change of the row of the second derivatives does to it."""
    m, n_columns = Q.shape
    n_groups = second.shape[1]
    for k in range(m):
        if n_groups == 1:
            factor = second[k, 0]
            for t in range(n_columns):
                Q[k, t] += factor * change[t]
        elif n_groups == n_columns:
            for t in range(n_columns):
                Q[k, t] += second[k, t] * change[t]
        else:
            for t in range(n_columns):
                Q[k, t] += second[k, group_of[t]] * change[t]


@compiled
def sweep(
    H: np.ndarray,
    group_of: np.ndarray,
    Q: np.ndarray,
    W: np.ndarray,
    l1: np.ndarray,
    l2: np.ndarray,
    ridge: float,
    positive: bool,
    n_sweeps: int,
) -> float:
    """Minimise a quadratic and a penalty over each row of W in turn, in place.

    The second derivatives of the quadratic are H (m, m, n_groups), its gradient at W is
    Q (m, n_columns), which is kept up to date. The penalty is Σ_j l1_j ‖W_j‖₁ + l2_j
    ‖W_j‖₂ + ½ ridge ‖W_j‖², and W ≥ 0 if `positive`. If each column is a group, they
    are in the same order. Return twice a lower bound of the decrease.
    """
    m, n_columns = W.shape
    is_same = H.shape[2] == 1
    c, h, change = np.empty(n_columns), np.empty(n_columns), np.empty(n_columns)
    floor = 0.0
    for j in range(m):
        for g in range(H.shape[2]):
            floor = max(floor, _TINY * H[j, j, g])
    total = 0.0
    for _ in range(n_sweeps):
        for j in range(m):
            square = 0.0
            for t in range(n_columns):
                square += W[j, t] ** 2
                curvature = H[j, j, 0 if is_same else group_of[t]]
                h[t] = curvature + ridge
                c[t] = _threshold(curvature * W[j, t] - Q[j, t], l1[j], positive)
                if curvature <= floor:
                    # A feature without variance.
                    c[t] = 0.0
            _solve_row(c, h, l2[j], np.sqrt(square), is_same)
            decrease = 0.0
            for t in range(n_columns):
                change[t] = c[t] - W[j, t]
                W[j, t] = c[t]
                decrease += h[t] * change[t] ** 2
            if decrease > 0:
                total += decrease
                _move_gradient(Q, H[j], group_of, change)
    return total
