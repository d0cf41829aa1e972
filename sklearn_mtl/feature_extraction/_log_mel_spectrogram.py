import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.feature_extraction._full_scale import to_unit_range
from sklearn_mtl.feature_extraction._mel_filters import mel_filters
from sklearn_mtl.feature_extraction._recordings import check_recordings

# Samples that are transformed at once: 16 MB, and enough to keep torch busy.
_BLOCK_SIZE = 2**22

# The numbers above 0 that float32, in which all is computed, holds in full precision.
_SMALLEST, _LARGEST = (float(x) for x in (np.finfo("f4").tiny, np.finfo("f4").max))


class LogMelSpectrogram(TransformerMixin, BaseEstimator):
    r"""Recordings as the logarithms of their power by time and frequency band.

    .. math::
        S_{kb} = \log\Bigl(\varepsilon + \sum_f M_{bf} \Bigl|\sum_{j=0}^{N-1} w_j\,
        x_{kH + j - \lfloor N/2 \rfloor}\, e^{-2 \pi i f j / N} \Bigr|^2\Bigr)

    Here x are the samples, between -1 and 1, w is Hann's window of N = ``n_fft``
    samples, frame k is centred at sample kH, H = ``hop_length``, and the rows of M are
    triangles that lie equally far apart on the mel scale 2595 log10(1 + f / 700). Every
    recording gets the same number K of frames: a shorter one is put into the middle of
    KH samples of silence, a longer one is cut.

    Parameters
    ----------
    sample_rate : float, default=8000
        The number of samples per second.
    n_fft : int, default=256
        The number of samples in a frame, to which the Fourier transform is applied.
    hop_length : int, default=200
        The number of samples from one frame to the next.
    n_mels : int, default=32
        The number of bands.
    f_min : float, default=60.0
        Where the lowest band begins, in Hz.
    f_max : float, default=None
        Where the highest band ends, in Hz. None is half the sample rate.
    n_frames : int, default=None
        The number of frames. None takes what the longest recording of `fit` needs.
    crop : {'end', 'both'}, default='end'
        What is cut off a recording that is too long: its end, or as much at both ends.
    log_offset : float, default=1e-6
        What is added to the power, ε in the formula: silence is its logarithm. At
        least 1.2e-38, the smallest normal number of float32.

    Attributes
    ----------
    n_frames_ : int
        The number of frames.
    n_features_in_ : int
        The number of samples of each recording. Only if `fit` got a table.
    feature_names_in_ : ndarray of shape (n_features,)
        The names of the columns. Only if `fit` got a table with string names.

    See Also
    --------
    read_wav : Reads a recording.
    sklearn_mtl.neural_network.encoders.SpectrogramEncoder : What a network makes of
        spectrograms.

    Notes
    -----
    It learns nothing but the number of frames, so `transform` may be called at once;
    without `n_frames`, it then takes what the longest of these recordings needs. The
    result has three dimensions and no names of features.

    Integers are divided by their full scale: 16 bits become samples between -1 and 1.
    Integers of 64 bits, which is what Python's become, are taken for 16 bits. Floats
    are taken as they are.

    References
    ----------
    Davis, S. and Mermelstein, P. (1980). Comparison of parametric representations for
    monosyllabic word recognition in continuously spoken sentences. IEEE Transactions on
    Acoustics, Speech, and Signal Processing, 28, 357-366.

    Examples
    --------
    A tone of 1000 Hz, which is in band 14 of 32:

    >>> import numpy as np
    >>> from sklearn_mtl.feature_extraction import LogMelSpectrogram
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> spectrogram = LogMelSpectrogram().fit_transform([tone, tone[:4000]])
    >>> spectrogram.shape
    (2, 40, 32)
    >>> int(spectrogram[0, 20].argmax())
    14
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "sample_rate": [Interval(Real, 0, None, closed="neither")],
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
        "n_mels": [Interval(Integral, 1, None, closed="left")],
        "f_min": [Interval(Real, 0, None, closed="left")],
        "f_max": [Interval(Real, 0, None, closed="neither"), None],
        "n_frames": [Interval(Integral, 1, None, closed="left"), None],
        "crop": [StrOptions({"end", "both"})],
        "log_offset": [Interval(Real, _SMALLEST, _LARGEST, closed="both")],
    }

    def __init__(
        self,
        *,
        sample_rate: float = 8000,
        n_fft: int = 256,
        hop_length: int = 200,
        n_mels: int = 32,
        f_min: float = 60.0,
        f_max: float | None = None,
        n_frames: int | None = None,
        crop: str = "end",
        log_offset: float = 1e-6,
    ):
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.n_mels = n_mels
        self.f_min = f_min
        self.f_max = f_max
        self.n_frames = n_frames
        self.crop = crop
        self.log_offset = log_offset

    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the parameters, and learn the number of frames where it is None.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_values), or list of 1-D arrays
            The recordings.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The transformer.

        Raises
        ------
        ValueError
            If a parameter is bad, or X is not made of recordings.
        """
        self._validate_params()
        self._filters()
        self.n_frames_ = self._find_n_frames(check_recordings(self, X, reset=True))
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the spectrogram of each recording.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_values), or list of 1-D arrays
            The recordings: floats between -1 and 1, or integers of 8 (unsigned), 16 or
            32 bits, which are divided by their full scale.

        Returns
        -------
        ndarray of shape (n_samples, n_frames, n_mels)
            The logarithms of the power in each band, float32.

        Raises
        ------
        ValueError
            If a parameter is bad, or X is not made of recordings, or one is so loud
            that its power is infinite in float32.
        """
        self._validate_params()
        filters = self._filters()
        recordings = check_recordings(self, X, reset=False)
        n_frames = getattr(self, "n_frames_", None) or self._find_n_frames(recordings)
        found = np.empty((len(recordings), n_frames, self.n_mels), dtype=np.float32)
        length = (n_frames - 1) * self.hop_length + self.n_fft
        n_rows = max(_BLOCK_SIZE // length, 1)
        for start in range(0, len(recordings), n_rows):
            block = recordings[start : start + n_rows]
            padded = torch.zeros(len(block), length)
            for row, recording in zip(padded.numpy(), block, strict=True):
                self._place(recording, row, n_frames)
            found[start : start + n_rows] = self._transform(padded, filters)
        self._check_finite(found)
        return found

    def _place(self, recording: np.ndarray, row: np.ndarray, n_frames: int) -> None:
        """Write the recording into the middle of the row, or as much as fits."""
        length = n_frames * self.hop_length
        surplus = len(recording) - length
        first = surplus // 2 if surplus > 0 and self.crop == "both" else 0
        kept = recording[first : first + length]
        start = self.n_fft // 2 + max(-surplus, 0) // 2
        # Where frames lie apart, the recording may begin after the last one.
        room = max(len(row) - start, 0)
        kept = to_unit_range(kept[:room], type(self).__name__)
        row[start : start + len(kept)] = kept

    def _transform(self, padded: torch.Tensor, filters: np.ndarray) -> np.ndarray:
        spectrum = torch.stft(
            padded,
            self.n_fft,
            self.hop_length,
            window=torch.hann_window(self.n_fft, periodic=False),
            center=False,
            return_complex=True,
        )
        power = spectrum.real.square() + spectrum.imag.square()
        bands = power.transpose(1, 2) @ torch.from_numpy(filters.T.astype(np.float32))
        return bands.add_(self.log_offset).log_().numpy()

    def _check_finite(self, spectrograms: np.ndarray) -> None:
        is_finite = np.isfinite(spectrograms).all(axis=(1, 2))
        if not is_finite.all():
            raise ValueError(
                f"{type(self).__name__} takes samples between -1 and 1, and got some "
                "that are too loud for the logarithm of their power to be finite, in "
                f"recording {np.argmin(is_finite)}."
            )

    def _find_n_frames(self, recordings: Sequence[np.ndarray]) -> int:
        if self.n_frames is not None:
            return self.n_frames
        return -(-max(map(len, recordings)) // self.hop_length)

    def _filters(self) -> np.ndarray:
        owner = type(self).__name__
        nyquist = self.sample_rate / 2
        f_max = nyquist if self.f_max is None else self.f_max
        if f_max > nyquist:
            expected = f"at most half the sample rate ({nyquist:g} Hz)"
            raise parameter_error("f_max", owner, expected, f_max)
        if self.f_min >= f_max:
            raise parameter_error("f_min", owner, f"below {f_max:g} Hz", self.f_min)
        filters = mel_filters(
            self.sample_rate, self.n_fft, self.n_mels, self.f_min, f_max
        )
        empty = np.flatnonzero(~filters.any(axis=1))
        if len(empty):
            warnings.warn(
                f"{owner} has bands between two frequencies of the transform, which "
                f"are the same in every frame: {list_some(empty.tolist())}. Take fewer "
                f"than {self.n_mels} for 'n_mels' or more than {self.n_fft} for "
                "'n_fft'.",
                stacklevel=3,
            )
        return filters

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags
