"""Images that are stored as the bytes of JPEG files, one after the other."""

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np

from sklearn_mtl._validation import import_optional
from sklearn_mtl.datasets._archives import damaged


def decode_images(
    jpeg: np.ndarray,
    offsets: np.ndarray,
    rows: np.ndarray,
    *,
    shape: tuple[int, int, int],
    path: Path,
    owner: str,
) -> np.ndarray:
    """Return images as bytes of shape (n_rows, channels, height, width).

    Image i is in the bytes from offsets[i] to offsets[i + 1] of `jpeg`.
    """
    pillow = import_optional("PIL.Image", "datasets", owner)
    errors = (OSError, SyntaxError, ValueError, pillow.DecompressionBombError)
    bounds = offsets.astype(np.int64).tolist()
    images = np.empty((len(rows), *shape), dtype=np.uint8)
    with warnings.catch_warnings():
        # Images of another size than they should have are not decoded at all.
        warnings.simplefilter("ignore", pillow.DecompressionBombWarning)
        for image, row in zip(images, rows.tolist(), strict=True):
            stream = BytesIO(jpeg.data[bounds[row] : bounds[row + 1]])
            try:
                picture = pillow.open(stream, formats=["JPEG"])
                size = (shape[0], picture.height, picture.width)
                if size != shape:
                    raise ValueError(f"it has shape {size}, not {shape}")
                image[...] = np.asarray(picture.convert("RGB")).transpose(2, 0, 1)
            except errors as error:
                raise damaged(path, owner, f"image {row}: {error}") from error
    return images
