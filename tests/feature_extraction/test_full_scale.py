"""Samples of every kind of number, between -1 and 1."""

import warnings

import numpy as np
import pytest

from sklearn_mtl.feature_extraction._full_scale import to_unit_range


@pytest.mark.parametrize(
    ("kind", "quietest", "silence", "loudest"),
    [
        ("uint8", 0, 128, 256),
        ("int16", -(2**15), 0, 2**15),
        (">i2", -(2**15), 0, 2**15),
        ("int32", -(2**31), 0, 2**31),
        ("int64", -(2**15), 0, 2**15),
        ("float64", -1, 0, 1),
    ],
)
def test_full_scale(kind, quietest, silence, loudest):
    half = (silence + loudest) // 2 if kind != "float64" else 0.5
    found = to_unit_range(np.array([quietest, silence, half], dtype=kind), "Toy")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.float32([-1, 0, 0.5]))


@pytest.mark.parametrize(
    "samples",
    [
        np.array([0, 2**15 + 1]),
        np.array([-(2**15) - 1]),
        np.array([np.iinfo(np.int64).min]),
        np.array([1], dtype=np.uint16),
        np.array([True]),
    ],
)
def test_integers_whose_full_scale_is_not_known(samples):
    with pytest.raises(ValueError, match=r"Toy takes .* loudest value is not known"):
        to_unit_range(samples, "Toy")


def test_floats_beyond_float32_become_infinite_in_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = to_unit_range(np.array([1e300, -1e300]), "Toy")
    np.testing.assert_array_equal(found, [np.inf, -np.inf])
