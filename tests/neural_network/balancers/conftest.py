"""Jacobians that a balancer must cope with, and what is checked of many balancers."""

from collections.abc import Callable

import numpy as np
import pytest

DEGENERATE = {
    "one task": [[3.0, -4.0]],
    "duplicates": [[1.0, 2.0, 0.0], [1.0, 2.0, 0.0], [0.0, 1.0, 1.0]],
    "multiples": [[1.0, 2.0, 0.0], [10.0, 20.0, 0.0], [0.0, 1.0, 1.0]],
    "opposites": [[1.0, 2.0], [-1.0, -2.0]],
    "opposites of two lengths": [[1.0, 2.0], [-2.0, -4.0]],
    "two of three opposed": [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]],
    "zero task": [[1.0, 2.0], [0.0, 0.0], [2.0, -0.5]],
    "zero entries": [[0.0, 2.0, 0.0], [0.0, 1.0, 0.0]],
    "all zero": [[0.0, 0.0], [0.0, 0.0]],
    "rank 1": [[1.0, 2.0], [2.0, 4.0], [-3.0, -6.0]],
    "tiny task": [[1.0, 2.0], [1e-12, -1e-12]],
    "twenty orders of magnitude": [[1e10, 0.0], [1.0, 1.0], [-1e-10, 1e-10]],
    "nearly parallel": [[1.0, 0.0], [1.0, 1e-9]],
    "nearly opposite": [[1.0, 0.0], [-1.0, 1e-9]],
    "balanced around 0": [[1.0, 0.0], [-0.5, 0.75], [-0.5, -0.75]],
    "one parameter": [[1.0], [-3.0], [2.0], [0.5]],
}


@pytest.fixture(params=DEGENERATE)
def degenerate(request) -> np.ndarray:
    """A Jacobian at the edge of what occurs."""
    return np.array(DEGENERATE[request.param])


@pytest.fixture
def random_jacobian() -> Callable[..., np.ndarray]:
    """A function: sizes -> gradients of different lengths, many of them in conflict."""

    def make(n_tasks: int, n: int = 60, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng([seed, n_tasks, n])
        lengths = np.exp(rng.normal(size=(n_tasks, 1)))
        return lengths * (rng.normal(size=(n_tasks, n)) + 0.1 * rng.normal(size=n))

    return make


@pytest.fixture
def assert_no_conflict() -> Callable[[np.ndarray, np.ndarray], None]:
    """A check that an update makes no task worse, to first order."""

    def check(J: np.ndarray, update: np.ndarray) -> None:
        scale = np.linalg.norm(J, axis=1).max()
        lengths = np.linalg.norm(J, axis=1)
        assert (J @ update >= -1e-9 * lengths * scale).all()

    return check
