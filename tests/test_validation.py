"""The grammar of errors and the checks that several estimators share."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from sklearn_mtl._validation import (
    check_classes,
    check_option,
    check_sample_weight,
    check_task_names,
    check_task_weights,
    did_you_mean,
    import_optional,
    list_some,
    parameter_error,
)

NAMES = ("digit", "parity", "size")
OBSERVED = np.array([[True, True], [True, False], [False, True]])


def test_parameter_error():
    error = parameter_error("alpha", "Model", "positive", -1)
    assert str(error) == "The 'alpha' parameter of Model must be positive, got -1."


@pytest.mark.parametrize(
    ("word", "suggestion"), [("digt", " (did you mean 'digit'?)"), ("zzz", ""), (3, "")]
)
def test_did_you_mean(word, suggestion):
    assert did_you_mean(word, NAMES) == suggestion


def test_list_some():
    assert list_some(["a", 1]) == "'a', 1"
    assert list_some(range(5), limit=3) == "0, 1, ... (5 in all)"


def test_check_option():
    check_option("size", NAMES, "option", "Model")
    with pytest.raises(
        ValueError,
        match=r"'option' .* Model must be one of 'digit', .*did you mean 'size'",
    ):
        check_option("sise", NAMES, "option", "Model")


def test_check_task_names():
    check_task_names(["size"], NAMES, "tasks", "Model")
    with pytest.raises(
        ValueError, match=r"keyed by task names .*, got 'sise' .*'size'"
    ):
        check_task_names(["sise"], NAMES, "tasks", "Model")


@pytest.mark.parametrize(
    ("task_weights", "expected"),
    [
        (None, [1, 1, 1]),
        ([1, 2, 0], [1, 2, 0]),
        (np.array([0.5, 0.5, 1]), [0.5, 0.5, 1]),
        ({"size": 3}, [1, 1, 3]),
        (pd.Series({"size": 3, "digit": 2}), [2, 1, 3]),
        (pd.Series([1, 2, 3]), [1, 2, 3]),
    ],
)
def test_check_task_weights(task_weights, expected):
    weights = check_task_weights(task_weights, NAMES, "Model")
    assert weights.dtype == np.float64
    assert_array_equal(weights, expected)


@pytest.mark.parametrize(
    ("task_weights", "message"),
    [
        ([1, 2], "of length 3, one weight per task"),
        (1.0, "of length 3"),
        ("abc", "a sequence of numbers or a dict"),
        ([1, "a", 2], "a sequence of numbers or a dict"),
        ([1, -1, 1], "finite and non-negative"),
        ([1, np.nan, 1], "finite and non-negative"),
        ([1, np.inf, 1], "finite and non-negative"),
        ([0, 0, 0], "at least one weight above 0"),
        ({"sise": 1}, "got 'sise' .did you mean 'size'"),
    ],
)
def test_refused_task_weights(task_weights, message):
    with pytest.raises(
        ValueError, match=f"'task_weights' parameter of Model.*{message}"
    ):
        check_task_weights(task_weights, NAMES, "Model")


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ([[0, 1], ["a", "b"]], [[0, 1], ["a", "b"]]),
        ((np.array([0, 1]), None), [[0, 1], None]),
        (None, [None, None]),
    ],
)
def test_check_classes(classes, expected):
    checked = check_classes(classes, 2, "Model")
    assert [None if known is None else known.tolist() for known in checked] == expected


@pytest.mark.parametrize("classes", [["a", "b"], [["a", "b"]], np.array([["a", "b"]])])
def test_check_classes_of_one_task(classes):
    (checked,) = check_classes(classes, 1, "Model")
    assert checked.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "classes", [[0, 1], [[0, 1]], [[0, 1]] * 3, [[[0, 1]], [0, 1]]]
)
def test_refused_classes(classes):
    with pytest.raises(
        ValueError, match=r"'classes' .* Model must be a list of 2 arrays"
    ):
        check_classes(classes, 2, "Model")


@pytest.mark.parametrize(
    ("sample_weight", "expected"),
    [
        (None, OBSERVED),
        (2, 2 * OBSERVED),
        ([1, 2, 3], [[1, 1], [2, 0], [0, 3]]),
        (np.arange(6).reshape(3, 2), [[0, 1], [2, 0], [0, 5]]),
        (pd.Series([1, 2, 3]), [[1, 1], [2, 0], [0, 3]]),
    ],
)
def test_check_sample_weight(sample_weight, expected):
    weights = check_sample_weight(sample_weight, OBSERVED, "Model")
    assert weights.dtype == np.float64
    assert_array_equal(weights, expected)


@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [
        ([1, 2], r"of shape \(3,\) or \(3, 2\), got shape \(2,\)"),
        (np.ones((2, 3)), r"got shape \(2, 3\)"),
        (np.ones((3, 2, 1)), r"got shape \(3, 2, 1\)"),
        ([1, -1, 1], "finite and non-negative"),
        ([1, np.nan, 1], "finite and non-negative"),
        (["heavy"] * 3, "numbers in an array .*'heavy'"),
        ([[1, 2], [3], [4]], "numbers in an array"),
    ],
)
def test_refused_sample_weight(sample_weight, message):
    with pytest.raises(
        ValueError, match=f"'sample_weight' parameter of Model.*{message}"
    ):
        check_sample_weight(sample_weight, OBSERVED, "Model")


@given(arrays(bool, (4, 3)), arrays(float, 4, elements=st.floats(0, 10)))
def test_weights_of_rows_are_weights_of_their_labels(observed, weights):
    assert_array_equal(
        check_sample_weight(weights, observed, "Model"),
        check_sample_weight(np.tile(weights[:, None], 3), observed, "Model"),
    )


def test_import_optional():
    assert import_optional("pandas", "pandas", "Model") is pd
    with pytest.raises(
        ImportError, match=r'Model needs no_such: pip install "sklearn-mtl\[plot\]"'
    ):
        import_optional("no_such.package", "plot", "Model")
