"""The triangles of the mel scale, by what they must add up to."""

import numpy as np
import pytest

from sklearn_mtl.feature_extraction._mel_filters import mel_filters


@pytest.mark.parametrize("n_mels", [2, 5, 32])
def test_neighbours_add_up_to_one_between_the_first_and_the_last_peak(n_mels):
    filters = mel_filters(8000, 4096, n_mels, 60, 4000)
    assert filters.shape == (n_mels, 2049)
    first, last = filters[[0, -1]].argmax(axis=1)
    np.testing.assert_allclose(filters.sum(axis=0)[first + 1 : last], 1, rtol=1e-9)


def test_nothing_outside_of_the_limits():
    frequencies = np.arange(2049) * 8000 / 4096
    filters = mel_filters(8000, 4096, 5, 500, 3000)
    outside = (frequencies <= 500) | (frequencies >= 3000)
    assert not filters[:, outside].any()
    assert filters[:, ~outside].any(axis=0).all()


def test_corners_are_equally_far_apart_in_mel():
    """With 3 bands from 0 to 4000 Hz, which are 2146 mel."""
    filters = mel_filters(8000, 2**16, 3, 0, 4000)
    peaks = filters.argmax(axis=1) * 8000 / 2**16
    steps = np.diff(2595 * np.log10(1 + np.array([0, *peaks, 4000]) / 700))
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-3)
