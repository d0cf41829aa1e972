"""What PCGrad and GradVac do to gradients, one after another; compiled on first use.

Gradients are changed by adding others to them: what is added is all that is returned.
"""

import numpy as np

from sklearn_mtl._compiled import compiled

# A gradient is never made more similar to another than this: the closer to 1, the
# longer what must be added.
_LARGEST_TARGET = 0.999


def shuffle_other_tasks(n_tasks: int, rng: np.random.RandomState) -> np.ndarray:
    """Return the others that each task meets, in order: (n_tasks, n_tasks - 1)."""
    keys = rng.uniform(size=(n_tasks, n_tasks))
    np.fill_diagonal(keys, 2)
    return keys.argsort(axis=1)[:, :-1]


@compiled
def project_off_conflicts(G: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Return what is added to each gradient for it to be at right angles at least."""
    added = np.zeros_like(G)
    for i in range(len(G)):
        # Of the changed gradient with all the gradients.
        products = G[i].copy()
        for j in orders[i]:
            if products[j] < 0:
                length = -products[j] / G[j, j]
                added[i, j] += length
                products += length * G[j]
    return added


@compiled
def make_similar(
    G: np.ndarray, orders: np.ndarray, usual: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what is added for the usual cosines, and those met on the way."""
    added, met = np.zeros_like(G), np.zeros_like(G)
    for i in range(len(G)):
        products, square = G[i].copy(), G[i, i]
        for j in orders[i]:
            size = np.sqrt(max(square, 0.0) * G[j, j])
            cosine = min(max(products[j] / size, -1.0), 1.0) if size > 0 else 0.0
            met[i, j] = cosine
            target = min(usual[i, j], _LARGEST_TARGET)
            if cosine < target:
                change = np.sqrt((1 - cosine**2) / (1 - target**2)) * target - cosine
                length = change * size / G[j, j]
                added[i, j] += length
                square += length * (2 * products[j] + length * G[j, j])
                products += length * G[j]
    return added, met
