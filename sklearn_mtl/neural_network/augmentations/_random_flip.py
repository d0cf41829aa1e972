from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl.neural_network.augmentations._base import Augmentation


@dataclass(repr=False, eq=False)
class RandomFlip(Augmentation):
    """Mirror images: left becomes right.

    It is not for digits or letters, which mean something else in a mirror.

    Parameters
    ----------
    probability : float, default=0.5
        How probable it is that an image is mirrored.

    See Also
    --------
    RandomCrop : Move images as well.

    Notes
    -----
    Rows have shape (height, width) or (channels, height, width): the last axis is
    reversed.

    Examples
    --------
    >>> import torch
    >>> from sklearn_mtl.neural_network.augmentations import RandomFlip
    >>> X = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    >>> RandomFlip(probability=1.0)(X, torch.Generator())
    tensor([[[2., 1.],
             [4., 3.]]])
    """

    probability: float = 0.5

    rows = "of shape (height, width) or (channels, height, width)"
    min_row_axes = 2
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "probability": [Interval(Real, 0, 1, closed="both")]
    }

    def _augment(self, X: Tensor, generator: torch.Generator) -> Tensor:
        shape = (len(X),) + (1,) * (X.ndim - 1)
        drawn = torch.rand(shape, generator=generator, device=X.device)
        return torch.where(drawn < self.probability, X.flip(-1), X)
