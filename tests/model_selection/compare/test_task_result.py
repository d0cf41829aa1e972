import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sklearn_mtl.model_selection._compare._task_result import (
    compare_on_task,
    corrected_t_test,
)

RISING = np.array([0.01, 0.02, 0.03, 0.04, 0.05])
TRAINED = np.full(5, 80)
TESTED = np.full(5, 20)
DIFFERENCES = st.lists(st.floats(-1, 1), min_size=5, max_size=5).map(np.array)


def compare(scores, baseline=0.0, n_test=TESTED):
    scores = np.asarray(scores, dtype=float)
    baseline = np.broadcast_to(baseline, 5)
    return compare_on_task(scores, baseline, TRAINED, n_test, 0.95)


def test_by_hand():
    """Mean 0.03, variance 0.00025; (1/5 + 1/4) 0.00025 has the root 0.0106066."""
    low, high, p_value = corrected_t_test(RISING, TRAINED, TESTED, 0.95)
    margin = 2.7764451 * 0.010606602
    assert (low, high) == pytest.approx((0.03 - margin, 0.03 + margin), abs=1e-8)
    assert p_value == pytest.approx(2 * stats.t.sf(0.03 / 0.010606602, 4))


@settings(deadline=None)
@given(d=DIFFERENCES.filter(lambda d: d.std() > 1e-3), confidence=st.floats(0.5, 0.99))
def test_without_test_rows_it_is_the_paired_t_test(d, confidence):
    *interval, p_value = corrected_t_test(d, TRAINED, np.zeros(5), confidence)
    expected = stats.ttest_1samp(d, 0)
    assert p_value == pytest.approx(expected.pvalue)
    assert interval == pytest.approx([*expected.confidence_interval(confidence)])


def test_correction_counts_labels():
    """Two uneven folds: the fraction is of the sums, 30 / 120."""
    d = np.array([0.1, 0.2])
    low, high, _ = corrected_t_test(d, np.array([90, 30]), np.array([10, 20]), 0.95)
    error = np.sqrt((1 / 2 + 30 / 120) * 0.005)
    assert (high - low) / 2 == pytest.approx(stats.t.ppf(0.975, 1) * error)


@settings(deadline=None)
@given(d=DIFFERENCES, n_test=st.integers(0, 80))
def test_verdict_agrees_with_the_p_value(d, n_test):
    result = compare(d, n_test=np.full(5, n_test))
    if abs(result.p_value - 0.05) > 1e-9:
        assert (result.verdict != "no evidence") == (result.p_value < 0.05)
    assert result.ci_low <= result.difference <= result.ci_high
    assert result.verdict != "helps" or result.difference > 0
    assert result.verdict != "hurts" or result.difference < 0


def test_means_and_spreads():
    result = compare(0.5 + RISING, baseline=0.5)
    assert result.mean == pytest.approx(0.53)
    assert result.std == pytest.approx(RISING.std(ddof=1))
    assert (result.baseline_mean, result.baseline_std) == (0.5, 0)
    assert result.difference == pytest.approx(0.03)
    assert result.n_folds == 5
    assert (result.verdict, compare(-RISING).verdict) == ("helps", "hurts")


def test_repeated_folds_are_not_new_rows():
    """Of twenty folds that test a fifth each, 1/5 stands for 1/20."""
    d = np.tile(RISING, 4)
    low, high, _ = corrected_t_test(d, np.full(20, 80), np.full(20, 20), 0.95)
    error = np.sqrt((1 / 5 + 1 / 4) * d.var(ddof=1))
    assert (high - low) / 2 == pytest.approx(stats.t.ppf(0.975, 19) * error)


def test_no_difference_at_all():
    result = compare(np.zeros(5))
    assert (result.ci_low, result.difference, result.ci_high) == (0, 0, 0)
    assert (result.p_value, result.verdict) == (1, "no evidence")


@pytest.mark.parametrize(
    ("value", "n_folds", "verdict"),
    [
        (0.5, 5, "helps"),
        (-0.5, 5, "hurts"),
        (5.0, 5, "helps"),  # of a score that is no share
        (0.5, 4, "no evidence"),
        (0.5, 2, "no evidence"),
        (0.05, 5, "no evidence"),  # one row of twenty in each fold
        (0.05, 50, "no evidence"),
    ],
)
def test_equal_differences_are_no_certainty(value, n_folds, verdict):
    n_test = 20 * np.ones(n_folds)
    result = compare_on_task(
        value + np.zeros(n_folds),
        np.zeros(n_folds),
        n_test * (n_folds - 1 if n_folds < 6 else 4),
        n_test,
        0.95,
    )
    assert result.verdict == verdict
    assert result.difference == pytest.approx(value)
    assert result.ci_low < value < result.ci_high
    assert 0 < result.p_value < 1


def test_equal_differences_are_as_with_one_fold_without():
    """The variance is that of the differences and a zero more."""
    low, high, _ = corrected_t_test(np.full(5, 3.0), TRAINED, TESTED, 0.95)
    error = np.sqrt((1 / 5 + 1 / 4) * np.var([3, 3, 3, 3, 3, 0], ddof=1))
    assert (high - low) / 2 == pytest.approx(stats.t.ppf(0.975, 4) * error)


def test_rounding_is_no_difference():
    baseline = np.array([0.1, 0.7, 0.3, 0.9, 0.5])
    above = baseline * (1 + 2e-16 * np.arange(1, 6))
    result = compare_on_task(above, baseline, TRAINED, TESTED, 0.95)
    assert (result.difference, result.verdict) == (0, "no evidence")
    shifted = compare(baseline + 0.05, baseline).ci_low
    assert shifted == pytest.approx(compare(np.full(5, 0.05)).ci_low)


def test_undefined_folds_are_left_out_of_both_sides():
    scores, baseline = RISING.copy(), RISING[::-1].copy()
    scores[0] = baseline[4] = np.nan
    kept = slice(1, 4)
    expected = compare_on_task(
        scores[kept], baseline[kept], TRAINED[kept], TESTED[kept], 0.95
    )
    result = compare_on_task(scores, baseline, TRAINED, TESTED, 0.95)
    assert result == expected
    assert result.n_folds == 3


@pytest.mark.parametrize("n_defined", [0, 1])
def test_too_few_folds_say_nothing(n_defined):
    scores = np.where(np.arange(5) < n_defined, 0.5, np.nan)
    result = compare(scores)
    assert result.verdict == "no evidence"
    assert np.isnan([result.ci_low, result.ci_high, result.p_value]).all()
    assert np.isnan(result.difference) == (n_defined == 0)


@pytest.mark.filterwarnings("error")
def test_an_infinite_score_is_not_taken_for_no_difference():
    result = compare([0.5, 0.6, 0.7, 0.8, -np.inf])
    assert result.mean == result.difference == -np.inf
    assert np.isnan([result.std, result.ci_low, result.ci_high, result.p_value]).all()
    assert result.verdict == "no evidence"
