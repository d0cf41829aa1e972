"""Images that are stored as the bytes of JPEG files, one after the other."""

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

    Image i is in the bytes from offsets[i] to offsets[i + 1].
    """
    pillow = import_optional("PIL.Image", "datasets", owner)
    content = jpeg.astype(np.uint8, copy=False).data
    bounds = offsets.astype(np.int64).tolist()
    images = np.empty((len(rows), *shape), dtype=np.uint8)
    for image, row in zip(images, rows.tolist(), strict=True):
        stream = BytesIO(content[bounds[row] : bounds[row + 1]])
        try:
            picture = pillow.open(stream, formats=["JPEG"]).convert("RGB")
        except (OSError, SyntaxError, ValueError) as error:
            raise damaged(path, owner, f"image {row}: {error}") from error
        pixels = np.asarray(picture).transpose(2, 0, 1)
        if pixels.shape != shape:
            raise damaged(path, owner, f"image {row} has shape {pixels.shape}")
        image[...] = pixels
    return images
