from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl.neural_network.augmentations._base import Augmentation
from sklearn_mtl.neural_network.augmentations._shifting import random_offsets, shift


@dataclass(repr=False, eq=False)
class RandomCrop(Augmentation):
    """Move each image by a few pixels: pad it, and cut a window of its size.

    Padding repeats the pixels at the edges. Zeros would be black, grey or white,
    depending on how the pixels were scaled.

    Parameters
    ----------
    padding : int, default=4
        How many pixels are put at each side, and thus how far an image may move. All
        (2 padding + 1)² windows are equally probable.

    See Also
    --------
    RandomFlip : Mirror images as well.
    RandomShift : Move along the time axis only.

    Notes
    -----
    Rows have shape (height, width) or (channels, height, width).

    References
    ----------
    He, K., Zhang, X., Ren, S. and Sun, J. (2016). Deep residual learning for image
    recognition. CVPR.

    Examples
    --------
    >>> import torch
    >>> from sklearn_mtl.neural_network.augmentations import RandomCrop
    >>> X = torch.arange(9.0).reshape(1, 3, 3)
    >>> RandomCrop(padding=1)(X, torch.Generator().manual_seed(0))
    tensor([[[3., 3., 4.],
             [6., 6., 7.],
             [6., 6., 7.]]])
    """

    padding: int = 4

    rows = "of shape (height, width) or (channels, height, width)"
    min_row_axes = 2
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "padding": [Interval(Integral, 0, None, closed="left")]
    }

    def _augment(self, X: Tensor, generator: torch.Generator) -> Tensor:
        down = random_offsets(X, self.padding, generator)
        right = random_offsets(X, self.padding, generator)
        return shift(X, down, right)
