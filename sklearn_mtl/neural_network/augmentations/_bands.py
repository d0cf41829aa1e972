"""Bands of entries that are hidden."""

import torch
from torch import Tensor


def hide_bands(
    X: Tensor, axis: int, max_width: int, n_bands: int, generator: torch.Generator
) -> Tensor:
    """Return rows with random bands along an axis filled with the mean of the row.

    A band has 0 to max_width entries, or all where there are not so many; all widths
    are equally probable, and so are all its places.
    """
    length = X.shape[axis]
    drawn = torch.rand((2, len(X), n_bands, 1), generator=generator, device=X.device)
    widths = (drawn[0] * (min(max_width, length) + 1)).long()
    starts = (drawn[1] * (length - widths + 1)).long()
    places = torch.arange(length, device=X.device)
    hidden = ((places >= starts) & (places < starts + widths)).any(dim=1)
    shape = [len(X), *(1 for _ in X.shape[1:])]
    shape[axis] = length
    means = X.flatten(1).mean(dim=1).view(len(X), *(1 for _ in X.shape[1:]))
    return torch.where(hidden.view(shape), means, X)
