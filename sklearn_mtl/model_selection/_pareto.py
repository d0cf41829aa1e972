import numpy as np


def pareto_front(scores: np.ndarray) -> np.ndarray:
    """Return which rows no other row dominates, as booleans of shape (n,).

    `scores` is of shape (n, n_tasks), and greater is better. A row dominates another if
    it is as good on all tasks and better on one. Equal rows do not dominate each other;
    rows with NaN are never on the front, and dominate nothing.
    """
    scores = np.asarray(scores, dtype=np.float64)
    front = ~np.isnan(scores).any(axis=1)
    for i in np.flatnonzero(front):
        if front[i]:
            others = scores[front]
            dominated = (others <= scores[i]).all(1) & (others < scores[i]).any(1)
            front[front] = ~dominated
    return front
