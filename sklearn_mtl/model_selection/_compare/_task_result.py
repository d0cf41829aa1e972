from typing import NamedTuple

import numpy as np
from scipy import stats

# Relative errors of scores that are the same but for the order of a sum.
_ROUNDING = 1e-12


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
    differences = subtract(scores, baseline)
    low, high, p_value = corrected_t_test(
        differences, n_train[both], n_test[both], confidence
    )
    verdict = "helps" if low > 0 else "hurts" if high < 0 else "no evidence"
    return TaskResult(
        *_mean_and_std(baseline),
        *_mean_and_std(scores),
        _mean_and_std(differences)[0],
        low,
        high,
        p_value,
        len(scores),
        verdict,
    )


def subtract(scores: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Return the differences, 0 where they are only of rounding."""
    differences = scores - baseline
    sizes = np.maximum(np.abs(scores), np.abs(baseline))
    rounded = np.isfinite(sizes) & (np.abs(differences) <= _ROUNDING * sizes)
    return np.where(rounded, 0.0, differences)


def _mean_and_std(values: np.ndarray) -> tuple[float, float]:
    mean = values.mean() if len(values) else np.nan
    spreads = len(values) > 1 and np.isfinite(values).all()
    std = values.std(ddof=1) if spreads else np.nan
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

    Here 1 / J is at least n_test / (n_test + n_train), what it is in one round of
    cross-validation: folds that are repeated test the same rows again, and can average
    out what is due to the split, but not what is due to the rows. Fewer than two folds
    say nothing, and neither do infinite differences: all is NaN.
    """
    J = len(differences)
    if J < 2 or not np.isfinite(differences).all():
        return np.nan, np.nan, np.nan
    mean = float(differences.mean())
    spread = differences.var(ddof=1)
    if np.ptp(differences) <= _ROUNDING * abs(mean):
        spread = _spread_of_equals(mean, J, n_test.mean())
    tested, trained = n_test.sum(), n_train.sum()
    variance = (max(1 / J, tested / (tested + trained)) + tested / trained) * spread
    if variance == 0:
        return mean, mean, float(mean == 0)
    t = stats.t(df=J - 1, scale=np.sqrt(variance))
    margin = float(t.ppf((1 + confidence) / 2))
    return mean - margin, mean + margin, float(2 * t.sf(abs(mean)))


def _spread_of_equals(difference: float, n_folds: int, n_test: float) -> float:
    """Return the variance to assume of differences that are all the same.

    Coarse scores over few rows agree by chance, so that it is not 0: it is what it
    would be with one fold more that shows no difference; or, if that is greater, the
    least that a difference in accuracy has, where the estimators are not both right or
    both wrong on a share of the test rows that is no larger than it must be.
    """
    size = abs(difference)
    with_one_more = size**2 / (n_folds + 1)
    of_accuracy = max(size * (1 - size), 0) / max(n_test, 1)
    return max(with_one_more, of_accuracy)
