import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_mtl.metrics import delta_m

SCORE = st.floats(0.01, 100) | st.floats(-100, -0.01)
SIDES = st.integers(1, 5).flatmap(
    lambda n: st.tuples(*[st.lists(SCORE, min_size=n, max_size=n)] * 2)
)


def test_is_the_mean_gain_in_percent():
    assert_allclose(delta_m([0.9, 0.4], [0.6, 0.5]), 100 * (0.5 - 0.2) / 2)


def test_directions_may_differ():
    together, alone = [0.44, 0.55, 0.6, 3.0], [0.40, 0.50, 0.8, 2.0]
    score = delta_m(together, alone, greater_is_better=[True, True, False, False])
    assert_allclose(score, (10 + 10 + 25 - 50) / 4)


@pytest.mark.parametrize("kind", [dict, pd.Series])
@pytest.mark.parametrize("greater", [{"b": False}, {"a": True, "b": False}])
def test_tasks_are_matched_by_name(kind, greater):
    together, alone = kind({"a": 3, "b": 1}), kind({"b": 2, "a": 2})
    assert delta_m(together, alone, greater_is_better=greater) == 50
    assert delta_m(together, alone) == 0


@given(SIDES)
def test_the_sign_of_a_score_does_not_matter(sides):
    together, alone = (np.array(side) for side in sides)
    gain = delta_m(together, alone)
    assert_allclose(delta_m(-together, -alone, greater_is_better=False), gain)
    assert_allclose(delta_m(together, alone, greater_is_better=False), -gain)


@given(SIDES, st.floats(0.1, 10))
def test_the_unit_of_a_score_does_not_matter(sides, factor):
    together, alone = (np.array(side) for side in sides)
    expected = delta_m(together, alone)
    found = delta_m(factor * together, factor * alone)
    # Sides that are the same but for rounding have no gain to compare.
    assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


@given(st.lists(SCORE, min_size=1))
def test_the_baseline_gains_nothing(scores):
    assert delta_m(scores, scores) == 0


@pytest.mark.parametrize(
    ("together", "alone"),
    [([2.0, np.nan], [1.0, 1.0]), ([2.0, 1.0], [1.0, np.nan])],
)
def test_tasks_without_a_score_are_left_out(together, alone):
    with pytest.warns(UndefinedMetricWarning, match=r"leaves out .*: 'task1'"):
        assert delta_m(together, alone) == 100


@pytest.mark.parametrize(
    ("together", "alone", "greater", "message"),
    [
        ([1, 2], [1, 0], True, r"'baseline' .* not 0, .* got 0 for the task 'task1'"),
        ([1, 2], [1, np.inf], True, r"'baseline' .* finite .* got inf .* 'task1'"),
        ([1, 2], [1, 2, 3], True, r"'baseline' .* the same tasks .* 'task2'"),
        (
            {"a": 1},
            {"b": 1},
            True,
            r"'baseline' .* same tasks as scores .'a'., got 'b'",
        ),
        ({"a": 1}, [1], True, r"'baseline' .* same tasks as scores .'a'., got 'task0'"),
        ({"a": 1}, {"a": 1}, {"b": False}, r"'greater_is_better' .* got 'b'"),
        ([1, 2], [1, 2], [True], r"'greater_is_better' .* of length 2"),
        ([np.nan], [1], True, "found no task"),
        ([], [], True, "found no task"),
    ],
)
def test_refused(together, alone, greater, message):
    with pytest.raises(ValueError, match=message):
        delta_m(together, alone, greater_is_better=greater)
