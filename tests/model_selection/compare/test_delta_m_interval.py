import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_mtl.metrics import delta_m
from sklearn_mtl.model_selection._compare._delta_m_interval import (
    compute_delta_m,
    say_delta_m,
)
from sklearn_mtl.model_selection._compare._task_result import corrected_t_test

SCORES = arrays(float, (5, 3), elements=st.integers(10, 100).map(lambda i: i / 100))


def labels(shape, n_test=20):
    return np.full(shape, 4 * n_test), np.full(shape, n_test)


def compute(scores, baseline, n_test=20):
    return compute_delta_m(scores, baseline, *labels(scores.shape, n_test), 0.95)


@settings(deadline=None)
@given(scores=SCORES, baseline=SCORES)
def test_is_the_corrected_t_test_of_relative_differences(scores, baseline):
    value, interval = compute(scores, baseline)
    assert value == pytest.approx(delta_m(scores.mean(axis=0), baseline.mean(axis=0)))
    by_fold = ((scores - baseline) / baseline.mean(axis=0)).mean(axis=1)
    low, high, _ = corrected_t_test(by_fold, *labels(5), 0.95)
    assert interval == pytest.approx((100 * low, 100 * high), abs=1e-9)
    assert interval[0] - 1e-9 <= value <= interval[1] + 1e-9


@settings(deadline=None)
@given(scores=SCORES, baseline=SCORES, order=st.permutations(range(3)))
def test_order_and_units_of_tasks_do_not_matter(scores, baseline, order):
    value, interval = compute(scores, baseline)
    units = np.array([1.0, 10.0, 0.01])
    again, again_interval = compute(
        (scores * units)[:, order], (baseline * units)[:, order]
    )
    assert again == pytest.approx(value, abs=1e-9)
    assert again_interval == pytest.approx(interval, abs=1e-6)


def test_undefined_folds_keep_the_variance_of_the_mean():
    """A task that is defined in four folds of five: s² / 4 of it, not s² / 5."""
    rng = np.random.default_rng(0)
    baseline = np.ones((1000, 2))
    scores = baseline + 0.1 * rng.normal(size=(1000, 2))
    scores[:200, 0] = np.nan
    value, (low, high) = compute(scores, baseline)
    means = np.nanmean(scores, axis=0)
    assert value == pytest.approx(delta_m(means, [1, 1]))
    # With many folds, the mean of two tasks has half the sum of their variances.
    expected = np.hypot(0.1 / np.sqrt(800), 0.1 / np.sqrt(1000)) / 2
    whole = compute(np.nan_to_num(scores, nan=1.0), baseline)[1]
    ratio = (high - low) / (whole[1] - whole[0])
    same = np.hypot(0.1 * np.sqrt(0.8) / np.sqrt(1000), 0.1 / np.sqrt(1000)) / 2
    assert ratio == pytest.approx(expected / same, rel=0.05)


def test_task_without_a_score_is_left_out():
    scores, baseline = (
        np.array([[0.6, 0.5], [0.7, 0.5], [0.8, 0.4]]),
        np.full((3, 2), 0.5),
    )
    gone = scores.copy()
    gone[:, 1] = np.nan
    assert compute(gone, baseline) == compute(scores[:, :1], baseline[:, :1])


@pytest.mark.parametrize("baseline", [0.0, np.nan, -np.inf])
def test_undefined(baseline):
    value, interval = compute(np.ones((3, 1)), np.full((3, 1), baseline))
    assert np.isnan([value, *interval]).all()
    assert say_delta_m(value, interval) == "Δm +nan %"


def test_one_fold_has_no_interval():
    value, interval = compute(np.array([[0.6]]), np.array([[0.5]]))
    assert value == pytest.approx(20)
    assert np.isnan(interval).all()
    assert say_delta_m(value, interval) == "Δm +20.0 %"


def test_task_with_one_score_has_no_interval():
    scores = np.array([[0.6, 0.5], [np.nan, 0.6], [np.nan, 0.7]])
    value, interval = compute(scores, np.full((3, 2), 0.5))
    assert value == pytest.approx(20)
    assert np.isnan(interval).all()


def test_in_words():
    assert say_delta_m(2.55, (-1.0, 6.06)) == "Δm +2.5 % [-1.0, +6.1]"
