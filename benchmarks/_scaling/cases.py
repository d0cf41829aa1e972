"""What is trained: tables of any size, and how many operations a row of one takes."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Case:
    """A table, and a network with two layers of `width` and an output per task."""

    n_rows: int = 10_000
    n_features: int = 50
    n_tasks: int = 10
    width: int = 256
    batch_size: int = 256
    n_epochs: int = 2
    regression: bool = False

    @property
    def layers(self) -> list[tuple[int, int]]:
        """The shapes of the weights, inputs first."""
        sizes = (self.n_features, self.width, self.width, self.n_tasks)
        return list(pairwise(sizes))


def count_products(case: Case) -> int:
    """Return how many products of a weight and an activation the outputs take."""
    return sum(n_in * n_out for n_in, n_out in case.layers)


def count_flops(case: Case) -> int:
    """Return the operations in the matrix products of training on a row.

    A product and its sum are two operations. They are done once on the way forward, and
    on the way back once for the gradients of the weights and once for those of the
    activations, of which the first layer's inputs have none.
    """
    first_in, first_out = case.layers[0]
    return 6 * count_products(case) - 2 * first_in * first_out


def make_blocks(case: Case) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Return a function: number of rows -> rows that were not there before."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((case.n_features, case.n_tasks), dtype=np.float32)

    def make(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        X = rng.standard_normal((n_rows, case.n_features), dtype=np.float32)
        Y = X @ weights
        return X, Y if case.regression else (Y > 0).astype(np.int8)

    return make
