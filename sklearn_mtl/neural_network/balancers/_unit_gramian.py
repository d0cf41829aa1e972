"""The Gramian of gradients taken to length 1: what does not depend on their scales."""

import numpy as np

# Eigenvalues this far below the largest are rounding, also where the gradients came in
# single precision: their products have errors of its square.
_RANK_TOLERANCE = 1e-12


def split_norms(G: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the norms of the gradients, the largest one 1, and their cosines."""
    norms = np.sqrt(G.diagonal())
    C = G / norms / norms[:, np.newaxis]
    np.fill_diagonal(C, 1)
    return norms / norms.max(), C


def find_range(G: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the eigenvalues that are not 0, in ascending order, and their vectors."""
    values, vectors = np.linalg.eigh(G)
    # No eigenvalue is below 0 but by rounding, which tells how large that is.
    tolerance = max(_RANK_TOLERANCE * values[-1], -4 * values[0])
    kept = values > tolerance
    return values[kept], vectors[:, kept]
