import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils._param_validation import validate_params

from sklearn_mtl.datasets._archives import (
    check_bytes,
    check_labels,
    damaged,
    read_arrays,
)
from sklearn_mtl.datasets._data_files import DataFiles, RemoteArchive
from sklearn_mtl.datasets._task_data import (
    LOADER_OPTIONS,
    TaskData,
    check_subset,
    split_rows,
)
from sklearn_mtl.datasets._wav_files import find_wav_files, read_wav_file

_OWNER = "fetch_free_spoken_digits"

# Version 1.0.10 is the first with all speakers; the recordings are still the same.
_ARCHIVE = RemoteArchive(
    name="free-spoken-digit-dataset-1.0.10.tar.gz",
    url=(
        "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/v1.0.10.tar.gz"
    ),
    checksum="sha256:feb479fad3a37883c3d21ed7f982281c2dd1c18d5aefd7e8a5d50f58023392aa",
    root="free-spoken-digit-dataset-1.0.10",
    folders=(
        "free-spoken-digit-dataset",
        "free-spoken-digit-dataset-1.0.10",
        "free-spoken-digit-dataset-master",
    ),
    needed=("recordings",),
)

_SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
_FILE_NAME = re.compile(r"(\d)_(\w+)_(\d+)\.wav")
_N_RECORDINGS = 3000
_N_TEST_RECORDINGS = 5

_SAMPLE_RATE = 8000
_SHAPE = (40, 32)
# The prepared file holds the values in 256 steps between these.
_LOWEST, _HIGHEST = -13.815510749816895, 4.370026111602783

_DESCR = """\
Free Spoken Digit Dataset
-------------------------

3000 recordings of spoken English digits: six speakers say each digit 50 times. Two
tasks:

- digit: 0 to 9;
- speaker: george, jackson, lucas, nicolas, theo or yweweler.

A recording is a spectrogram of 40 frames, 25 ms apart (one second: the end of what is
longer is cut off, and silence surrounds what is shorter), and of 32 bands between 60
and 4000 Hz. A value is the logarithm of 1e-6 plus the power, at most 4.37.

The first five recordings of a digit by a speaker are for testing, the others for
training.

Jackson and others: Free Spoken Digit Dataset, version 1.0.10, CC BY-SA 4.0,
https://github.com/Jakobovski/free-spoken-digit-dataset
"""


@validate_params(
    {"subset": [str], **LOADER_OPTIONS},
    prefer_skip_nested_validation=True,
)
def fetch_free_spoken_digits(
    *,
    subset: str = "all",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load 3000 spoken digits as log-mel spectrograms, with two classification tasks.

    ===============   ==========================   ===============================
    Task              Meaning                      Classes
    ===============   ==========================   ===============================
    digit             what is said                 0 to 9
    speaker           who says it                  0 to 5, in alphabetical order
    ===============   ==========================   ===============================

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        The official split: the first five recordings of each digit by each speaker are
        for testing, 300 of the 3000, and the others for training.
    data_home : str or path-like, default=None
        The folder of scikit-learn's data, by default
        :func:`sklearn.datasets.get_data_home`. The files are in its folder
        ``sklearn_mtl``.
    download_if_missing : bool, default=True
        Download what is not there (16 MB), which needs pooch. If False, raise an error.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return the target as a pandas DataFrame, with the names of the tasks.

    Returns
    -------
    Bunch
        The data set, with the attributes

        data : ndarray of shape (n_samples, 40, 32)
            The spectrograms, float32: 40 frames of 32 bands.
        target : {ndarray, DataFrame} of shape (n_samples, 2)
            The labels, integers, one column per task.
        frame : None
            Spectrograms do not make a table.
        task_names : list of str
            The names of the tasks.
        target_names : list of list of str
            The names of the classes of each task.
        DESCR : str
            The description of the data set.

        With `return_X_y=True`, the tuple ``(data, target)``.

    Raises
    ------
    OSError
        If the data are not there and cannot be downloaded, or a file is damaged.
    ImportError
        If pooch is needed and not installed, or pandas.

    See Also
    --------
    fetch_speech_commands : Spoken words, as sound.
    sklearn_mtl.feature_extraction.LogMelSpectrogram : It makes the spectrograms.
    fetch_mnist : The same digits, written by hand.

    Notes
    -----
    These are looked for, in this order: a prepared file ``fsdd.npz`` with the arrays X,
    Y and split (0 train, 2 test), in the folder that the environment variable
    ``SKLEARN_MTL_DATA`` names, then in the data home; the folder
    ``free-spoken-digit-dataset``, with the recordings in its folder ``recordings``, or
    the archive ``free-spoken-digit-dataset-1.0.10.tar.gz`` in the same folders; the
    network. A downloaded archive is used if its checksum is right.

    Both give the same values, but for the rounding of the prepared file to 256 steps
    between -13.82 (silence) and 4.37; louder values than that are set to it.

    A warning tells if there are fewer than 3000 recordings. Hidden files are left out.

    References
    ----------
    Jackson and others: Free Spoken Digit Dataset.
    https://github.com/Jakobovski/free-spoken-digit-dataset

    Examples
    --------
    >>> from sklearn_mtl.datasets import fetch_free_spoken_digits
    >>> spoken = fetch_free_spoken_digits(subset="test")  # doctest: +SKIP
    >>> spoken.data.shape, spoken.target.shape  # doctest: +SKIP
    ((300, 40, 32), (300, 2))
    """
    check_subset(subset, ["train", "test"], _OWNER)
    files = DataFiles(_OWNER, "fsdd.npz", data_home, download_if_missing)
    prepared = files.find_prepared()
    if prepared is not None:
        spectrograms, target, speakers = _read_prepared(prepared, subset)
    else:
        folder = files.obtain_folder(_ARCHIVE) / "recordings"
        spectrograms, target, speakers = _read_recordings(folder, subset)
    digits = [str(digit) for digit in range(10)]
    classes = {"digit": digits, "speaker": speakers}
    data = TaskData(spectrograms, target, classes, _DESCR)
    return data.hand_over(_OWNER, return_X_y=return_X_y, as_frame=as_frame)


def _read_prepared(path: Path, subset: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    shapes = {"X": ("n", *_SHAPE), "Y": ("n", 2), "split": ("n",)}
    arrays = read_arrays(path, shapes, _OWNER)
    check_bytes(arrays["X"], "X", path, _OWNER)
    check_labels(arrays["Y"][:, 0], 10, "digit", path, _OWNER)
    check_labels(arrays["Y"][:, 1], len(_SPEAKERS), "speaker", path, _OWNER)
    rows = split_rows(arrays["split"], subset, path, _OWNER)
    steps = arrays["X"][rows].astype(np.float32)
    spectrograms = np.float32(_LOWEST) + np.float32((_HIGHEST - _LOWEST) / 255) * steps
    return spectrograms, arrays["Y"][rows].astype(np.int64), list(_SPEAKERS)


def _read_recordings(
    folder: Path, subset: str
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    recordings = [(path, *_parse(path)) for path in find_wav_files(folder)]
    found = {speaker for _, _, speaker, _ in recordings}
    speakers = [*_SPEAKERS, *sorted(found - set(_SPEAKERS))]
    wanted = [
        (path, digit, speakers.index(speaker))
        for path, digit, speaker, number in recordings
        if subset in {"all", "test" if number < _N_TEST_RECORDINGS else "train"}
    ]
    if not wanted:
        raise damaged(folder, _OWNER, f"it has no recordings, subset {subset!r}")
    if len(recordings) < _N_RECORDINGS:
        warnings.warn(
            f"{_OWNER} found {len(recordings)} of the {_N_RECORDINGS} recordings in "
            f"{folder}.",
            stacklevel=4,
        )
    sounds = [read_wav_file(path, _SAMPLE_RATE, _OWNER) for path, _, _ in wanted]
    target = np.array([labels for _, *labels in wanted], dtype=np.int64)
    return _to_spectrograms(sounds), target, speakers


def _to_spectrograms(sounds: list[np.ndarray]) -> np.ndarray:
    """Return what the prepared file holds, but not rounded."""
    # It needs torch, which takes seconds to import.
    from sklearn_mtl.feature_extraction import LogMelSpectrogram

    spectrograms = LogMelSpectrogram(
        sample_rate=_SAMPLE_RATE,
        n_fft=256,
        hop_length=200,
        n_mels=_SHAPE[1],
        f_min=60,
        f_max=4000,
        n_frames=_SHAPE[0],
        crop="end",
        log_offset=1e-6,
    ).fit_transform(sounds)
    return np.minimum(spectrograms, np.float32(_HIGHEST), out=spectrograms)


def _parse(path: Path) -> tuple[int, str, int]:
    match = _FILE_NAME.fullmatch(path.name)
    if match is None:
        raise damaged(path, _OWNER, "its name is not DIGIT_SPEAKER_NUMBER.wav")
    digit, speaker, number = match.groups()
    return int(digit), speaker, int(number)
