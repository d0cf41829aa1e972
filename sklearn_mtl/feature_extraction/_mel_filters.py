"""The triangular filters of the mel scale."""

import numpy as np


def mel_filters(
    sample_rate: float, n_fft: int, n_mels: int, f_min: float, f_max: float
) -> np.ndarray:
    """Return the weight of each frequency of the transform in each band.

    Triangles of height 1, whose corners are equally far apart in
    2595 log10(1 + f / 700); shape (n_mels, n_fft // 2 + 1).
    """
    low, high = (2595 * np.log10(1 + f / 700) for f in (f_min, f_max))
    corners = 700 * (10 ** (np.linspace(low, high, n_mels + 2) / 2595) - 1)
    left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    frequencies = np.arange(n_fft // 2 + 1) * (sample_rate / n_fft)
    rising = (frequencies - left) / (centre - left)
    falling = (right - frequencies) / (right - centre)
    return np.minimum(rising, falling).clip(min=0)
