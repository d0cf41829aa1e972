"""What shapes of rows the encoders take."""

from collections.abc import Container, Sequence

import numpy as np


def check_shape(
    shape: int | Sequence[int], n_axes: Container[int], expected: str, owner: str
) -> tuple[int, ...]:
    """Return the shape of a row, where the length alone stands for one axis."""
    sizes = tuple(int(size) for size in np.atleast_1d(shape))
    if len(sizes) not in n_axes or min(sizes) < 1:
        raise ValueError(
            f"{owner} takes rows of shape {expected}, got {sizes}: reshape them."
        )
    return sizes


def image_shape(shape: int | Sequence[int], owner: str) -> tuple[int, int, int]:
    """Return (channels, height, width) of images of this shape."""
    expected = "(channels, height, width) or (height, width)"
    sizes = check_shape(shape, (2, 3), expected, owner)
    if len(sizes) == 2:
        return (1, sizes[0], sizes[1])
    first, second, last = sizes
    if first > 4 and (last in (3, 4) or (last == 1 and first == second)):
        raise ValueError(
            f"{owner} takes channels first, rows of shape {expected}, got {sizes}, "
            "which has channels last: use np.moveaxis(X, -1, 1)."
        )
    return first, second, last
