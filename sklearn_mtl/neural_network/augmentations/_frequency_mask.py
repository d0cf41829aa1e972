from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl.neural_network.augmentations._bands import hide_bands
from sklearn_mtl.neural_network.augmentations._base import Augmentation


@dataclass(repr=False, eq=False)
class FrequencyMask(Augmentation):
    """Hide some frequencies of each sound.

    A mask hides neighbouring frequencies, at all times, by the mean of the row.

    Parameters
    ----------
    max_width : int, default=4
        How many frequencies a mask hides at most, as far as there are so many. All
        widths from 0 on are equally probable, and so are the places.
    n_masks : int, default=1
        How many masks a row gets. They may overlap.

    See Also
    --------
    TimeMask : Hide steps of time.

    Notes
    -----
    Rows have shape (time, mel), or any where the last axis is the frequency.

    References
    ----------
    Park, D. S. et al. (2019). SpecAugment: a simple data augmentation method for
    automatic speech recognition. Interspeech.

    Examples
    --------
    >>> import torch
    >>> from sklearn_mtl.neural_network.augmentations import FrequencyMask
    >>> X = torch.arange(8.0).reshape(1, 2, 4)
    >>> FrequencyMask(max_width=2)(X, torch.Generator().manual_seed(0))
    tensor([[[0.0000, 1.0000, 2.0000, 3.5000],
             [4.0000, 5.0000, 6.0000, 3.5000]]])
    """

    max_width: int = 4
    n_masks: int = 1

    rows = "of shape (time, mel)"
    min_row_axes = 2
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "max_width": [Interval(Integral, 0, None, closed="left")],
        "n_masks": [Interval(Integral, 0, None, closed="left")],
    }

    def _augment(self, X: Tensor, generator: torch.Generator) -> Tensor:
        return hide_bands(X, -1, self.max_width, self.n_masks, generator)
