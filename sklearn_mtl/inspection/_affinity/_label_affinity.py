"""How strongly the labels of two tasks are associated, in the rows that have both."""

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from sklearn_mtl._tasks import Targets, Tasks

# With fewer rows an association is chance.
MIN_COMMON_ROWS = 10


def label_affinity(
    targets: Targets, tasks: Tasks, weights: np.ndarray | None
) -> np.ndarray:
    """Return the strength of each association, 0 to 1; NaN where it is undefined."""
    observed = targets.observed
    codes = tasks.encode(targets, "task_affinity")
    weights = observed.astype(np.float64) if weights is None else weights
    affinity = np.eye(tasks.n_tasks)
    for s in range(tasks.n_tasks):
        for t in range(s):
            both = observed[:, s] & observed[:, t]
            affinity[s, t] = affinity[t, s] = _associate(
                codes[both, s],
                codes[both, t],
                np.sqrt(weights[both, s] * weights[both, t]),
                (tasks.kinds[s], tasks.kinds[t]),
            )
    return affinity


def _associate(
    a: np.ndarray, b: np.ndarray, weights: np.ndarray, kinds: tuple[str, str]
) -> float:
    if len(a) < MIN_COMMON_ROWS or np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    if kinds == ("classification", "classification"):
        measure: Callable[..., float] = corrected_cramers_v
    elif kinds == ("regression", "regression"):
        measure = adjusted_rank_correlation
    else:
        measure = adjusted_correlation_ratio
        if kinds[0] == "regression":
            a, b = b, a
    # Weights on the scale of so many rows that count alike.
    return measure(a, b, weights * weights.sum() / (weights**2).sum())


def corrected_cramers_v(a: np.ndarray, b: np.ndarray, weights: np.ndarray) -> float:
    """Return Cramér's V of two columns of classes, corrected as by Bergsma (2013)."""
    _, a = np.unique(a, return_inverse=True)
    _, b = np.unique(b, return_inverse=True)
    n_rows, n_columns = a.max() + 1, b.max() + 1
    table = np.bincount(a * n_columns + b, weights, n_rows * n_columns)
    table = table.reshape(n_rows, n_columns)
    n = table.sum()
    if n <= 1:
        return np.nan
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi2 = ((table - expected) ** 2 / expected).sum() / n
    phi2 = max(0.0, phi2 - (n_rows - 1) * (n_columns - 1) / (n - 1))
    smaller = min(k - (k - 1) ** 2 / (n - 1) for k in (n_rows, n_columns)) - 1
    return float(np.sqrt(min(phi2 / smaller, 1.0))) if smaller > 0 else np.nan


def adjusted_rank_correlation(
    a: np.ndarray, b: np.ndarray, weights: np.ndarray
) -> float:
    """Return the absolute rank correlation, its square adjusted as R² is."""
    a, b = rankdata(a), rankdata(b)
    a, b = a - np.average(a, weights=weights), b - np.average(b, weights=weights)
    spread = (weights @ a**2) * (weights @ b**2)
    return _adjust((weights @ (a * b)) ** 2 / spread, weights.sum(), 2)


def adjusted_correlation_ratio(
    classes: np.ndarray, values: np.ndarray, weights: np.ndarray
) -> float:
    """Return the correlation ratio of ranks and classes, its square adjusted."""
    values = rankdata(values)
    values = values - np.average(values, weights=weights)
    _, codes = np.unique(classes, return_inverse=True)
    mass = np.bincount(codes, weights)
    between = (np.bincount(codes, weights * values) ** 2 / mass).sum()
    return _adjust(between / (weights @ values**2), weights.sum(), len(mass))


def _adjust(explained: float, n: float, n_means: int) -> float:
    if n <= n_means:
        return np.nan
    adjusted = 1 - (1 - explained) * (n - 1) / (n - n_means)
    return float(np.sqrt(np.clip(adjusted, 0.0, 1.0)))
