import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sklearn_mtl.model_selection._task_result import compare_on_task, corrected_t_test

RISING = np.array([0.01, 0.02, 0.03, 0.04, 0.05])
TRAINED = np.full(5, 80)
TESTED = np.full(5, 20)
DIFFERENCES = st.lists(st.floats(-1, 1), min_size=5, max_size=5).map(np.array)


def compare(scores, baseline=0.0, n_test=TESTED):
    scores = np.asarray(scores, dtype=float)
    return compare_on_task(scores, np.full(5, baseline), TRAINED, n_test, 0.95)


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


@pytest.mark.parametrize(
    ("value", "p_value", "verdict"),
    [(0.0, 1, "no evidence"), (0.5, 0, "helps"), (-0.5, 0, "hurts")],
)
def test_constant_difference(value, p_value, verdict):
    result = compare(np.full(5, value))
    assert result.ci_low == result.difference == result.ci_high == value
    assert (result.p_value, result.verdict) == (p_value, verdict)


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
