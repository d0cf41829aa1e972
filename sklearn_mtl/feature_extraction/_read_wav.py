import io
import struct
import warnings
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import wavfile

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.feature_extraction._full_scale import to_unit_range

# What scipy raises where a header makes no sense.
_READING_ERRORS = (
    struct.error,
    TypeError,
    UnboundLocalError,
    ValueError,
    ZeroDivisionError,
)


def read_wav(
    path: str | PathLike[str], *, sample_rate: int | None = None
) -> np.ndarray:
    """Read a recording from a wav file, by scipy.

    Parameters
    ----------
    path : str or path-like
        The file.
    sample_rate : int, default=None
        The samples per second that the file must have. None takes any.

    Returns
    -------
    ndarray of shape (n_samples,)
        The samples, float32. Integers are divided by their full scale, which brings
        them between -1 and 1; floats are taken as they are.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a wav file or not all of one, has another sample rate than
        `sample_rate`, more than one channel, integers of 64 bits, samples that are not
        finite or no sound. If `sample_rate` is not a positive number.

    See Also
    --------
    LogMelSpectrogram : Makes features of recordings.
    scipy.io.wavfile.read : Reads the samples as they are, of several channels too.

    Examples
    --------
    >>> import numpy as np
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from scipy.io import wavfile
    >>> from sklearn_mtl.feature_extraction import read_wav
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "sound.wav")
    ...     wavfile.write(path, 8000, np.array([0, 16384, -32768], dtype=np.int16))
    ...     read_wav(path, sample_rate=8000)
    array([ 0. ,  0.5, -1. ], dtype=float32)
    """
    _check_sample_rate(sample_rate)
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"read_wav found no file {str(path)!r}.")
    content = path.read_bytes()
    _check_complete(content, path)
    try:
        with warnings.catch_warnings():
            # About chunks that are not sound.
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            rate, samples = wavfile.read(io.BytesIO(content))
    except _READING_ERRORS as error:
        raise _error(path, f"cannot be read as wav: {error}") from error
    if sample_rate is not None and rate != sample_rate:
        raise _error(
            path,
            f"has {rate} samples per second, not {sample_rate}: resample it, for "
            "example with scipy.signal.resample_poly",
        )
    if samples.ndim != 1:
        raise _error(
            path, f"has {samples.shape[1]} channels, not one: keep one, or their mean"
        )
    if not samples.size:
        raise _error(path, "has no sound")
    if samples.dtype.kind in "iu" and samples.dtype.itemsize == 8:
        raise _error(path, "has integers of 64 bits: convert it to 16 bits, or 32")
    samples = to_unit_range(samples, f"read_wav({str(path)!r})")
    if not np.isfinite(samples).all():
        raise _error(path, "has samples that are NaN or infinite as float32")
    return samples


def _check_sample_rate(sample_rate: Any) -> None:
    if sample_rate is None:
        return
    is_number = isinstance(sample_rate, Real) and not isinstance(sample_rate, bool)
    if not is_number or not 0 < sample_rate < np.inf:
        expected = "None or a positive number"
        raise parameter_error("sample_rate", "read_wav", expected, repr(sample_rate))


def _error(path: Path, problem: str) -> ValueError:
    return ValueError(f"{str(path)!r} {problem}.")


def _check_complete(content: bytes, path: Path) -> None:
    """Raise if there is less in the file than its header says."""
    order = {b"RIFF": "<", b"RIFX": ">"}.get(content[:4])
    if order is None or content[8:12] != b"WAVE":
        if content[:4] == b"RF64":
            return
        kind = "is empty" if not content else "is not a wav file"
        raise _error(path, f"{kind}: it does not start with RIFF and WAVE")
    promised = 8 + struct.unpack_from(f"{order}I", content, 4)[0]
    position, is_before_data = 12, True
    while position + 8 <= len(content):
        name, size = struct.unpack_from(f"{order}4sI", content, position)
        end = position + 8 + size
        position = end + size % 2
        if is_before_data:
            promised = max(promised, end)
        if position == promised:
            # The byte that makes the length of the last chunk even may lack.
            promised = end
        is_before_data = is_before_data and name != b"data"
    if promised > len(content):
        raise _error(path, f"is truncated: it has {len(content)} of {promised} bytes")
