"""The equation of Nash-MTL and FairGrad."""

import numpy as np
from scipy.linalg import lapack

from sklearn_mtl.neural_network.balancers._base import SolverError
from sklearn_mtl.neural_network.balancers._unit_gramian import split_norms

_N_STEPS = 60
# Of the last step, relative to the weights: where to stop, and what must be reached
# when rounding allows no less.
_TOLERANCE, _ACCEPTABLE = 1e-10, 1e-2
# Gradients that can cancel each other get finite weights by a ridge, the next one where
# rounding hides it. The last is for products that were computed in single precision.
_RIDGES = (1e-15, 1e-12, 1e-9, 1e-6)


def find_fair_weights(G: np.ndarray, power: float) -> np.ndarray:
    """Return w > 0 with G w proportional to w ** -power.

    The weighted gradients are on average as long as the gradients are: with weights
    that sum to 1, one small gradient would make the whole update small.
    """
    norms, C = split_norms(G)
    # The solution for orthogonal gradients, from where the search starts.
    start = norms ** (-2 / (power + 1))
    scales = norms * start
    scales /= scales.max()
    b = np.ones(len(G))
    for ridge in _RIDGES:
        solved, b = _minimise(C + ridge * np.eye(len(C)), scales, power, b)
        if solved:
            weights = b * (start / start.max())
            return weights * (norms.mean() / (weights @ norms))
    raise SolverError("Newton's method did not find the weights")


def _minimise(
    C: np.ndarray, s: np.ndarray, power: float, b: np.ndarray
) -> tuple[bool, np.ndarray]:
    """Minimise ½ x'Cx - Σ s² φ(b) over b, where x = s b and φ' = b ** -power.

    By Newton's method, in terms of x; return whether it ended, and where.
    """
    last = np.inf
    for _ in range(_N_STEPS):
        fair = b**-power
        gradient = C @ (s * b) - s * fair
        hessian = C + np.diag(power * fair / b)
        _, step, failed = lapack.dposv(hessian, -gradient)
        if failed:
            return False, b
        step /= s
        change = np.abs(step / b).max()
        if change <= _TOLERANCE or last / 2 < change <= _ACCEPTABLE:
            return True, b
        last = change
        b = _descend(C, s, power, b, step)
    return False, b


def _descend(
    C: np.ndarray, s: np.ndarray, power: float, b: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """Return b after as much of the step as stays above 0 and lowers the objective."""
    ratio = step / b
    length = min(1.0, -0.9 / min(ratio.min(), -0.5))
    if np.abs(ratio).max() < 0.1 / (1 + power):
        return b + step
    before = _objective(C, s, power, b)
    while length > 1e-10:
        moved = b + length * step
        if _objective(C, s, power, moved) < before:
            return moved
        length /= 2
    return b


def _objective(C: np.ndarray, s: np.ndarray, power: float, b: np.ndarray) -> float:
    x = s * b
    gain = np.log(b) if power == 1 else b ** (1 - power) / (1 - power)
    return x @ C @ x / 2 - s**2 @ gain
