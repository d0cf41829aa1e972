from collections.abc import Sequence

import numpy as np

from sklearn_mtl.metrics import delta_m
from sklearn_mtl.model_selection._compare._task_result import corrected_t_test, subtract


def compute_delta_m(
    scores: np.ndarray,
    baseline: np.ndarray,
    n_train: np.ndarray,
    n_test: np.ndarray,
    confidence: float,
) -> tuple[float, tuple[float, float]]:
    """Return Δm of the mean scores, and its confidence interval over the folds.

    All arrays are of shape (n_folds, n_tasks). Folds where either side has no score are
    left out of the task, and tasks that have none are left out.
    """
    differences = subtract(scores, baseline)
    defined = ~np.isnan(differences)
    kept = defined.any(axis=0)
    defined, differences = defined[:, kept], differences[:, kept]
    ours, base = (_average(side[:, kept], defined) for side in (scores, baseline))
    if not kept.any() or (base == 0).any() or not np.isfinite([ours, base]).all():
        return np.nan, (np.nan, np.nan)
    center = delta_m(ours.tolist(), base.tolist())
    folds = _by_fold(differences / np.abs(base), defined)
    if folds is None:
        return center, (np.nan, np.nan)
    trained, tested = (
        np.where(defined, n[:, kept], 0).mean(axis=1) for n in (n_train, n_test)
    )
    low, high, _ = corrected_t_test(folds, trained, tested, confidence)
    return center, (100 * low, 100 * high)


def _average(values: np.ndarray, defined: np.ndarray) -> np.ndarray:
    return np.where(defined, values, 0).sum(axis=0) / defined.sum(axis=0)


def _by_fold(gains: np.ndarray, defined: np.ndarray) -> np.ndarray | None:
    """Return the mean gain over the tasks in each fold, (n_folds,).

    In a fold where a task has no score it stands at its mean, and in the others as much
    further from it, which keeps the variance of that mean. A task with a score in one
    fold only has no variance to tell: then there is nothing to return.
    """
    counts = defined.sum(axis=0)
    if (counts < 2).any():
        return None
    means = _average(gains, defined)
    deviations = np.where(defined, gains - means, 0) * len(gains) / counts
    return (means + deviations).mean(axis=1)


def say_delta_m(value: float, interval: Sequence[float]) -> str:
    """Return Δm in words, with its interval if there is one."""
    said = f"Δm {value:+.1f} %"
    if np.isnan(interval).any():
        return said
    return "{} [{:+.1f}, {:+.1f}]".format(said, *interval)
