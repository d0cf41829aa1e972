import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils._param_validation import validate_params

from sklearn_mtl._validation import did_you_mean, list_some, parameter_error
from sklearn_mtl.datasets._archives import damaged
from sklearn_mtl.datasets._data_files import DataFiles, RemoteArchive
from sklearn_mtl.datasets._task_data import LOADER_OPTIONS, TaskData, check_subset
from sklearn_mtl.datasets._wav_files import find_wav_files, read_wav_file

_OWNER = "fetch_speech_commands"

_FOLDER = "speech_commands_v0.02"
_LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}
_ARCHIVE = RemoteArchive(
    name=f"{_FOLDER}.tar.gz",
    url=(
        f"https://storage.googleapis.com/download.tensorflow.org/data/{_FOLDER}.tar.gz"
    ),
    checksum="sha256:af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
    root="",
    folders=(_FOLDER,),
    needed=tuple(_LISTS.values()),
)

_SAMPLE_RATE = 16000
_N_VALUES = 16000

_DESCR = """\
Speech Commands
---------------

Recordings of one second, 16000 values each, of 35 English words by many speakers, the
version 0.02 of the data. One task:

- word: which word is said.

A speaker is in one of the three parts alone: train, validation or test.

Warden: Speech Commands: a dataset for limited-vocabulary speech recognition.
arXiv:1804.03209, 2018. CC BY 4.0.
"""


@validate_params(
    {"subset": [str], "words": ["array-like", None], **LOADER_OPTIONS},
    prefer_skip_nested_validation=True,
)
def fetch_speech_commands(
    *,
    subset: str = "all",
    words: Sequence[str] | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load Speech Commands, recordings of spoken words, as sound.

    ===============   ==========================   ==================================
    Task              Meaning                      Classes
    ===============   ==========================   ==================================
    word              the word that is said        35 words, or those of `words`
    ===============   ==========================   ==================================

    Parameters
    ----------
    subset : {"all", "train", "validation", "test"}, default="all"
        The official split, by speakers.
    words : list of str, default=None
        Load the recordings of these words alone; the classes are then in this order.
        By default, of all words, in alphabetical order.
    data_home : str or path-like, default=None
        The folder of scikit-learn's data, by default
        :func:`sklearn.datasets.get_data_home`. The files are in its folder
        ``sklearn_mtl``.
    download_if_missing : bool, default=True
        Download what is not there (2.4 GB), which needs pooch. If False, raise an
        error.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return the target as a pandas Series.

    Returns
    -------
    Bunch
        The data set, with the attributes

        data : ndarray of shape (n_samples, 16000)
            The recordings, int16. Silence is added at the end of those that are
            shorter than a second; the end of longer ones is cut off.
        target : {ndarray, Series} of shape (n_samples,)
            The labels, integers.
        frame : None
            The values of a sound are no columns.
        task_names : list of str
            The name of the task, in a list.
        target_names : list of list of str
            The names of its classes.
        speaker : ndarray of shape (n_samples,)
            Who speaks, as text: of use as `groups`, or as labels of another task.
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
    fetch_free_spoken_digits : Spoken digits, a small data set.
    sklearn_mtl.feature_extraction.LogMelSpectrogram : Make spectrograms of sound.

    Notes
    -----
    These are looked for, in this order: the folder ``speech_commands_v0.02``, with a
    folder for each word and the lists ``validation_list.txt`` and
    ``testing_list.txt``, in the folder that the environment variable
    ``SKLEARN_MTL_DATA`` names, then in the data home; the archive
    ``speech_commands_v0.02.tar.gz`` in the same folders; the network. A downloaded
    archive is used if its checksum is right, and removed when it is unpacked.

    A recording takes 32 kB of memory: all 105829 take 3.4 GB. Choose `words` or a
    subset where that is too much. The long recordings of background noise are left out.

    References
    ----------
    Warden: Speech Commands: a dataset for limited-vocabulary speech recognition.
    arXiv:1804.03209, 2018.

    Examples
    --------
    >>> from sklearn_mtl.datasets import fetch_speech_commands
    >>> speech = fetch_speech_commands(
    ...     subset="test", words=["yes", "no"]
    ... )  # doctest: +SKIP
    >>> speech.target_names  # doctest: +SKIP
    [['yes', 'no']]
    """
    check_subset(subset, ["train", *_LISTS], _OWNER)
    words = None if words is None else _check_words(words)
    files = DataFiles(_OWNER, None, data_home, download_if_missing)
    folder = files.obtain_folder(_ARCHIVE)
    words = _choose_words(folder, words)
    paths = _choose_recordings(folder, subset, words)
    data = TaskData(
        _read_recordings(paths),
        np.array([words.index(path.parent.name) for path in paths]),
        {"word": words},
        _DESCR,
        {"speaker": np.array([path.name.partition("_")[0] for path in paths])},
    )
    return data.hand_over(_OWNER, return_X_y=return_X_y, as_frame=as_frame)


def _check_words(words: Sequence[str]) -> list[str]:
    if isinstance(words, (set, frozenset)):
        expected = "None or a list of words, whose order is that of the classes"
        raise parameter_error("words", _OWNER, expected, repr(words))
    chosen = [str(word) for word in words]
    if not chosen or len(set(chosen)) < len(chosen):
        expected = "None or a list of different words, at least one"
        raise parameter_error("words", _OWNER, expected, repr(words))
    return chosen


def _choose_words(folder: Path, words: list[str] | None) -> list[str]:
    known = sorted(
        path.name
        for path in folder.iterdir()
        if path.is_dir() and not path.name.startswith(("_", "."))
    )
    if not known:
        raise damaged(folder, _OWNER, "it has no folder of a word")
    for word in words or ():
        if word not in known:
            raise parameter_error(
                "words",
                _OWNER,
                f"None or a list of words among {list_some(known, limit=40)}",
                f"{word!r}{did_you_mean(word, known)}",
            )
    return words or known


def _choose_recordings(folder: Path, subset: str, words: list[str]) -> list[Path]:
    paths = [path for word in words for path in find_wav_files(folder / word)]
    if subset != "all":
        listed = {part: _read_list(folder, name) for part, name in _LISTS.items()}
        _check_listed(folder, set(paths), set().union(*listed.values()), words)
        # What is in neither list is for training.
        listed["train"] = set(paths) - listed["validation"] - listed["test"]
        paths = [path for path in paths if path in listed[subset]]
    if not paths:
        raise damaged(
            folder,
            _OWNER,
            f"it has no recordings of {list_some(words)}, subset {subset!r}",
        )
    return paths


def _read_list(folder: Path, name: str) -> set[Path]:
    path = folder / name
    if not path.is_file():
        raise damaged(folder, _OWNER, f"{name}, the official split, is missing")
    try:
        names = path.read_text("utf-8").split()
    except UnicodeDecodeError as error:
        raise damaged(path, _OWNER, error) from error
    if not names:
        raise damaged(path, _OWNER, "it is empty")
    return {folder / name for name in names}


def _check_listed(
    folder: Path, paths: set[Path], listed: set[Path], words: list[str]
) -> None:
    missing = sorted(p for p in listed - paths if p.parent.name in words)
    if missing:
        names = list_some(str(path.relative_to(folder)) for path in missing)
        raise damaged(folder, _OWNER, f"recordings of the split are missing: {names}")


def _read_recordings(paths: list[Path]) -> np.ndarray:
    sounds = np.zeros((len(paths), _N_VALUES), dtype=np.int16)
    for sound, path in zip(sounds, paths, strict=True):
        values = read_wav_file(path, _SAMPLE_RATE, _OWNER)[:_N_VALUES]
        sound[: len(values)] = np.clip(np.rint(values * 2**15), -(2**15), 2**15 - 1)
    return sounds
