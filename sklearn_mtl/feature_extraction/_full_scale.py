"""What the numbers of a recording mean."""

import numpy as np

from sklearn_mtl._validation import list_some

# Silence, and the distance from it to the loudest, for each kind of integer.
_SCALES = {"uint8": (128, 2**7), "int16": (0, 2**15), "int32": (0, 2**31)}


def to_unit_range(samples: np.ndarray, owner: str) -> np.ndarray:
    """Return samples as float32, integers brought between -1 and 1.

    Floats that are too large for float32 become infinite.
    """
    if samples.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return samples.astype(np.float32)
    kind = samples.dtype.name
    if kind == "int64" and ((samples >= -(2**15)) & (samples <= 2**15)).all():
        # What Python's integers become: taken as samples of 16 bits.
        kind = "int16"
    if kind not in _SCALES:
        raise ValueError(
            f"{owner} takes samples as floats or as one of {list_some(_SCALES)}, got "
            f"{samples.dtype}, of which the loudest value is not known: convert them."
        )
    silence, loudest = _SCALES[kind]
    return ((samples - np.float64(silence)) / loudest).astype(np.float32)
