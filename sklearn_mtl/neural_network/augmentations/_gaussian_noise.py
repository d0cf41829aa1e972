from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from sklearn_mtl.neural_network.augmentations._base import Augmentation


@dataclass(repr=False, eq=False)
class GaussianNoise(Augmentation):
    r"""Add noise to each number.

    .. math::
        X + \sigma \, \mathrm{std}(X) \, Z, \qquad Z \sim \mathcal N(0, 1)

    The standard deviation is that of all numbers of the batch, or of each column of a
    table, so that the noise does not depend on the scale of the input.

    Parameters
    ----------
    std : float, default=0.1
        The standard deviation σ of the noise, relative to that of the batch.

    See Also
    --------
    Mixup : Mix rows with each other.

    Examples
    --------
    >>> import torch
    >>> from sklearn_mtl.neural_network.augmentations import GaussianNoise
    >>> generator = torch.Generator().manual_seed(0)
    >>> X = 100 * torch.randn(1000, 20, generator=generator)
    >>> noise = GaussianNoise(std=0.1)(X, generator) - X
    >>> round(noise.std().item())
    10
    """

    std: float = 0.1

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "std": [Interval(Real, 0, None, closed="left")]
    }

    def _augment(self, X: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(
            X.shape, generator=generator, dtype=X.dtype, device=X.device
        )
        axes = 0 if X.ndim == 2 else tuple(range(X.ndim))
        mean = X.nanmean(axes, keepdim=True)
        spread = ((X - mean) ** 2).nanmean(axes).sqrt()
        return X + noise * (self.std * spread)
