"""Regression targets are learnt in units of their own spread."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_mtl.neural_network._target_scale import TargetScale

QUANTITY = np.array([True])


def learn(values, weights=None, is_quantity=None):
    values = np.asarray(values, dtype=np.float64)
    scale = TargetScale(
        np.ones(values.shape[1], dtype=bool) if is_quantity is None else is_quantity
    )
    scale.learn(values, np.ones(values.shape) if weights is None else weights)
    return scale


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, (7, 2), elements=st.floats(-1e9, 1e9)))
def test_there_and_back(values):
    scale = learn(values)
    back = scale.inverse_transform(scale.transform(values))
    np.testing.assert_allclose(
        back, values, rtol=1e-9, atol=1e-9 * np.abs(values).max()
    )


def test_targets_are_standardised():
    values = np.random.default_rng(0).normal([5, -3], [1e-3, 1e6], size=(500, 2))
    scaled = learn(values).transform(values)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled.std(axis=0), 1)


@pytest.mark.parametrize("unit", [1e-300, 1e-30, 1e30, 1e300])
def test_units_do_not_matter(unit):
    values = np.arange(6.0)[:, None]
    scaled = learn(values * unit).transform(values * unit)
    np.testing.assert_allclose(scaled, learn(values).transform(values))


def test_weights_count_as_repetitions():
    values, weights = np.array([[1.0], [4.0], [9.0]]), np.array([[2.0], [0.0], [3.0]])
    weighted = learn(values, weights)
    repeated = learn(np.repeat(values, [2, 0, 3], axis=0))
    np.testing.assert_allclose(weighted.mean, repeated.mean)
    np.testing.assert_allclose(weighted.scale, repeated.scale)


def test_missing_targets_do_not_count():
    values = np.array([[1.0], [np.nan], [5.0]])
    scale = learn(values, np.array([[1.0], [0.0], [1.0]]))
    np.testing.assert_allclose(scale.mean, 3)
    np.testing.assert_allclose(scale.scale, 2)


@pytest.mark.parametrize("constant", [0.0, 7.0, 0.1, -1e9])
def test_a_constant_target_is_only_centred(constant):
    scale = learn(np.full((11, 1), constant))
    assert scale.scale == 1
    np.testing.assert_allclose(scale.transform(np.array([[constant]])), 0, atol=1e-6)


def test_class_codes_keep_their_values():
    codes = np.array([[0.0], [1.0], [2.0]])
    scale = learn(codes, is_quantity=~QUANTITY)
    np.testing.assert_array_equal(scale.transform(codes), codes)


def test_the_scale_is_learnt_from_the_first_labels_only():
    """So that calls of partial_fit agree on the units."""
    scale = TargetScale(np.array([True, True]))
    first = np.array([[1.0, np.nan], [3.0, np.nan]])
    scale.learn(first, np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert scale.unknown.tolist() == [False, True]
    scale.learn(np.array([[100.0, 10.0], [200.0, 30.0]]), np.ones((2, 2)))
    np.testing.assert_allclose(scale.mean, [2, 20])
    np.testing.assert_allclose(scale.scale, [1, 10])


def test_classes_alone_are_not_copied():
    codes = np.array([[0.0, 2.0], [1.0, np.nan]])
    scale = learn(codes, is_quantity=np.zeros(2, dtype=bool))
    assert scale.transform(codes) is codes
    assert scale.inverse_transform(codes) is codes
