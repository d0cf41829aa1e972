from typing import NamedTuple

import numpy as np
from scipy import stats


class TaskResult(NamedTuple):
    """An estimator compared with the baseline on one task."""

    baseline_mean: float
    baseline_std: float
    mean: float
    std: float
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    n_folds: int
    verdict: str


def compare_on_task(
    scores: np.ndarray,
    baseline: np.ndarray,
    n_train: np.ndarray,
    n_test: np.ndarray,
    confidence: float,
) -> TaskResult:
    """Compare the scores of an estimator and of the baseline over the same folds.

    All arrays are of shape (n_folds,). Folds where either score is NaN are left out.
    """
    both = ~np.isnan(scores - baseline)
    scores, baseline = scores[both], baseline[both]
    low, high, p_value = corrected_t_test(
        scores - baseline, n_train[both], n_test[both], confidence
    )
    verdict = "helps" if low > 0 else "hurts" if high < 0 else "no evidence"
    return TaskResult(
        *_mean_and_std(baseline),
        *_mean_and_std(scores),
        _mean_and_std(scores - baseline)[0],
        low,
        high,
        p_value,
        len(scores),
        verdict,
    )


def _mean_and_std(values: np.ndarray) -> tuple[float, float]:
    mean = values.mean() if len(values) else np.nan
    std = values.std(ddof=1) if len(values) > 1 else np.nan
    return float(mean), float(std)


def corrected_t_test(
    differences: np.ndarray,
    n_train: np.ndarray,
    n_test: np.ndarray,
    confidence: float,
) -> tuple[float, float, float]:
    """Return the confidence interval of a mean difference over folds, and its p-value.

    Training parts overlap, so that the J differences d depend on each other. Nadeau and
    Bengio (2003) make up for it in the variance of their mean::

        (1 / J + n_test / n_train) var(d)

    Fewer than two folds say nothing: all is NaN.
    """
    J = len(differences)
    if J < 2:
        return np.nan, np.nan, np.nan
    mean = float(differences.mean())
    variance = (1 / J + n_test.sum() / n_train.sum()) * differences.var(ddof=1)
    if variance == 0:
        return mean, mean, float(mean == 0)
    t = stats.t(df=J - 1, scale=np.sqrt(variance))
    margin = float(t.ppf((1 + confidence) / 2))
    return mean - margin, mean + margin, float(2 * t.sf(abs(mean)))
