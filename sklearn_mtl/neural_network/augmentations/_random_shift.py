from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl.neural_network.augmentations._base import Augmentation
from sklearn_mtl.neural_network.augmentations._shifting import random_offsets, shift


@dataclass(repr=False, eq=False)
class RandomShift(Augmentation):
    """Move each sound by a few steps of time, earlier or later.

    What comes in at an end repeats the first or the last step.

    Parameters
    ----------
    max_shift : int, default=4
        How far a sound may move. All 2 max_shift + 1 shifts are equally probable.

    See Also
    --------
    RandomCrop : Move along both axes.
    TimeMask : Hide some steps of time.

    Notes
    -----
    Rows have shape (time, mel), or any where the last axis but one is the time.

    Examples
    --------
    >>> import torch
    >>> from sklearn_mtl.neural_network.augmentations import RandomShift
    >>> X = torch.arange(4.0).reshape(1, 4, 1)
    >>> RandomShift(max_shift=1)(X, torch.Generator().manual_seed(0)).flatten()
    tensor([1., 2., 3., 3.])
    """

    max_shift: int = 4

    rows = "of shape (time, mel)"
    min_row_axes = 2
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "max_shift": [Interval(Integral, 0, None, closed="left")]
    }

    def _augment(self, X: Tensor, generator: torch.Generator) -> Tensor:
        return shift(X, random_offsets(X, self.max_shift, generator), None)
