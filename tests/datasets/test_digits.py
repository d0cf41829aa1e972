import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from sklearn_mtl.datasets import load_digits_tasks


def test_tasks_are_functions_of_the_digit():
    digits = load_digits_tasks()
    digit, parity, at_least_five = digits.target.T

    np.testing.assert_array_equal(digit, load_digits().target)
    np.testing.assert_array_equal(parity, digit % 2)
    np.testing.assert_array_equal(at_least_five, digit > 4)
    assert digits.target.dtype.kind == "i"


def test_bunch_is_consistent():
    digits = load_digits_tasks()

    assert digits.data.shape == (1797, 64)
    assert digits.target.shape == (1797, len(digits.task_names))
    assert digits.frame is None
    assert len(digits.feature_names) == 64
    np.testing.assert_array_equal(digits.images.reshape(1797, 64), digits.data)
    for labels, names in zip(digits.target.T, digits.target_names, strict=True):
        assert len(np.unique(labels)) == len(names)
    for task in digits.task_names:
        assert task in digits.DESCR


def test_class_names_cannot_be_changed_by_a_caller():
    load_digits_tasks().target_names[0].clear()
    assert len(load_digits_tasks().target_names[0]) == 10


@pytest.mark.parametrize("as_frame", [False, True])
def test_tuple_equals_the_bunch(as_frame):
    digits = load_digits_tasks(as_frame=as_frame)
    X, Y = load_digits_tasks(return_X_y=True, as_frame=as_frame)

    np.testing.assert_array_equal(X, digits.data)
    np.testing.assert_array_equal(Y, digits.target)


def test_frames_hold_the_arrays():
    arrays, frames = load_digits_tasks(), load_digits_tasks(as_frame=True)

    assert isinstance(frames.data, pd.DataFrame)
    assert list(frames.data.columns) == arrays.feature_names
    assert list(frames.target.columns) == arrays.task_names
    np.testing.assert_array_equal(frames.data, arrays.data)
    np.testing.assert_array_equal(frames.target, arrays.target)
    assert frames.frame.shape == (1797, 67)


def test_as_frame_without_pandas_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(ImportError, match=r"sklearn-mtl\[pandas\]"):
        load_digits_tasks(as_frame=True)


def test_invalid_option():
    with pytest.raises(ValueError, match="'as_frame' parameter of load_digits_tasks"):
        load_digits_tasks(as_frame="yes")
