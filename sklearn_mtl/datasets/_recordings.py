"""Recordings of a data set, whose files may be damaged."""

from pathlib import Path

import numpy as np

from sklearn_mtl.datasets._archives import damaged


def read_recording(path: Path, sample_rate: int, owner: str) -> np.ndarray:
    """Return the samples of a wav file, floats between -1 and 1."""
    # It needs torch, which takes seconds to import.
    from sklearn_mtl.feature_extraction import read_wav

    try:
        return read_wav(path, sample_rate=sample_rate)
    except ValueError as error:
        raise damaged(path, owner, error) from error
