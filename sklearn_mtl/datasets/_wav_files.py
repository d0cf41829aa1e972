"""Finding and reading the wav files of a data set, which may be damaged."""

from pathlib import Path

import numpy as np

from sklearn_mtl.datasets._archives import damaged


def find_wav_files(folder: Path) -> list[Path]:
    """Return the wav files in a folder in the order of their names.

    Hidden ones are not of the data set: macOS adds such files to what it copies.
    """
    paths = folder.glob("*.wav")
    return sorted(path for path in paths if not path.name.startswith("."))


def read_wav_file(path: Path, sample_rate: int, owner: str) -> np.ndarray:
    """Return the samples of a wav file, floats between -1 and 1."""
    # It needs torch, which takes seconds to import.
    from sklearn_mtl.feature_extraction import read_wav

    try:
        return read_wav(path, sample_rate=sample_rate)
    except (FileNotFoundError, ValueError) as error:
        raise damaged(path, owner, error) from error
