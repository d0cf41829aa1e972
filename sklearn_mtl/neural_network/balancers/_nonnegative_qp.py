"""Small quadratic programs over the nonnegative orthant, compiled on first use.

All are in terms of gradients of length 1, so that tolerances are cosines: a matrix C
with ones on its diagonal, positive semidefinite up to rounding.
"""

import numpy as np

from sklearn_mtl._compiled import compiled
from sklearn_mtl.neural_network.balancers._base import SolverError

# The squared sine of an angle at which gradients count as linearly dependent: above the
# rounding of products, which small pivots make larger.
_SINGULAR, _ROUNDED = 1e-11, 1e-14
# How far a derivative may be below 0, relative to the linear term and to the solution.
_TOLERANCE, _ROUNDING = 1e-12, 1e-14
# A derivative closer to 0 than this may have got there by rounding.
_CLEAR = 1e-5
# Added to the diagonal where rounding hides that there is a minimum. The last is for a
# matrix whose entries were computed in single precision.
_RIDGES = (1e-12, 1e-9, 1e-6)
_SOLVED, _UNBOUNDED, _FAILED = 0, 1, 2


def solve_nonnegative_qps(C: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Minimise ½ z'Cz + q'z over z ≥ 0 for each row q of Q, in the range of C."""
    for ridge in (0.0, *_RIDGES):
        Z, outcomes = _solve_all(C + ridge * np.eye(len(C)), Q)
        if not outcomes.any():
            return Z
    raise SolverError("a quadratic program was not solved")


def solve_nonnegative_qp(C: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, bool]:
    """Minimise ½ z'Cz + q'z over z ≥ 0; also return whether there is a minimum.

    Where there is none, the first is a direction of unbounded descent, with C z = 0.
    """
    Z, outcomes = _solve_all(C, q[np.newaxis])
    if outcomes[0] == _FAILED:
        raise SolverError("a quadratic program was not solved")
    return Z[0], outcomes[0] == _SOLVED


@compiled(fastmath={"contract"})
def _pivot(M: np.ndarray, r: np.ndarray, k: int) -> None:
    """Exchange variable k and its derivative in the system derivative = M z + r."""
    inverse = 1 / M[k, k]
    # A copy of its row keeps the compiler free to update several entries at a time.
    row, last = M[k].copy(), r[k]
    for i in range(len(r)):
        factor = M[i, k] * inverse
        updated = M[i]
        for j in range(len(r)):
            updated[j] -= factor * row[j]
        updated[k] = factor
        r[i] -= factor * last
    for j in range(len(r)):
        M[k, j] = row[j] * -inverse
    M[k, k] = inverse
    r[k] = -inverse * last


@compiled(fastmath={"contract", "reassoc"})
def _add_product(M: np.ndarray, x: np.ndarray, total: np.ndarray) -> None:
    for i in range(len(x)):
        row, added = M[i], 0.0
        for j in range(len(x)):
            added += row[j] * x[j]
        total[i] += added


@compiled
def _refresh(
    C: np.ndarray, q: np.ndarray, M: np.ndarray, r: np.ndarray, free: np.ndarray
) -> None:
    """Undo the rounding of the pivots: M holds the inverse for the free variables."""
    n = len(r)
    z, derivative, step = np.empty(n), q.copy(), np.zeros(n)
    for i in range(n):
        z[i] = r[i] if free[i] else 0.0
    _add_product(C, z, derivative)
    left = np.empty(n)
    for i in range(n):
        left[i] = derivative[i] if free[i] else 0.0
    _add_product(M, left, step)
    for i in range(n):
        z[i] = z[i] - step[i] if free[i] else 0.0
        derivative[i] = q[i]
    _add_product(C, z, derivative)
    for i in range(n):
        r[i] = z[i] if free[i] else derivative[i]


@compiled
def _largest(q: np.ndarray) -> float:
    largest = 0.0
    for value in q:
        largest = max(largest, abs(value))
    return largest


@compiled
def _choose(
    C: np.ndarray,
    q: np.ndarray,
    M: np.ndarray,
    r: np.ndarray,
    free: np.ndarray,
    barred: np.ndarray,
) -> int:
    """Return the variable at 0 that lowers the objective most quickly, -1 if none."""
    scale = _largest(q)
    for refreshed in (False, True):
        entering, lowest, largest = -1, 0.0, 0.0
        for i in range(len(r)):
            if free[i]:
                largest = max(largest, r[i])
            elif r[i] < lowest and (r[i] < -_CLEAR * scale or not barred[i]):
                entering, lowest = i, r[i]
        margin = _TOLERANCE * scale + _ROUNDING * largest
        if lowest < -_CLEAR * scale or (refreshed and lowest < -margin):
            return entering
        if not refreshed:
            _refresh(C, q, M, r, free)
    return -1


@compiled
def _first_blocking(
    M: np.ndarray, r: np.ndarray, free: np.ndarray, entering: int, singular: float
) -> int:
    """Return which free variable reaches 0 first as `entering` grows, -1 if none.

    It is `entering` itself if its derivative reaches 0 before.
    """
    blocking, length = -1, np.inf
    if M[entering, entering] > singular:
        blocking, length = entering, -r[entering] / M[entering, entering]
    for i in range(len(r)):
        if free[i] and M[i, entering] < 0:
            until = max(r[i], 0.0) / -M[i, entering]
            if until < length:
                blocking, length = i, until
    return blocking


@compiled
def _minimise(C: np.ndarray, q: np.ndarray, z: np.ndarray) -> int:
    """Write the minimiser to z, by a primal active-set method, and return the outcome.

    A variable that is 0 and would lower the objective grows while the free ones stay
    at their minimum given it. One that reaches 0 on the way is no longer free.
    """
    n = len(q)
    M, r = C.copy(), q.copy()
    free, barred = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    z[:] = 0
    is_at_zero, singular = True, _SINGULAR
    entering = _choose(C, q, M, r, free, barred)
    for _ in range(50 + 20 * n):
        if entering < 0:
            break
        blocking = _first_blocking(M, r, free, entering, singular)
        if blocking >= 0:
            singular = max(singular, _ROUNDED / M[blocking, blocking])
            _pivot(M, r, blocking)
            is_at_zero = free[blocking] = blocking == entering
            if is_at_zero:
                barred[:] = False
        elif is_at_zero and r[entering] > -_CLEAR * _largest(q):
            # Dependent on the free ones, it can only seem to lower the objective.
            barred[entering] = True
        else:
            for i in range(n):
                z[i] = max(M[i, entering], 0.0) if free[i] else 0.0
            z[entering] = 1
            return _UNBOUNDED
        if is_at_zero:
            entering = _choose(C, q, M, r, free, barred)
    if entering >= 0:
        return _FAILED
    for i in range(n):
        z[i] = max(r[i], 0.0) if free[i] else 0.0
    return _SOLVED


@compiled
def _solve_all(C: np.ndarray, Q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    Z, outcomes = np.empty_like(Q), np.empty(len(Q), dtype=np.int64)
    for row in range(len(Q)):
        outcomes[row] = _minimise(C, Q[row], Z[row])
    return Z, outcomes
