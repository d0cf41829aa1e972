"""Shifts of the last two axes."""

import torch
from torch import Tensor


def random_offsets(X: Tensor, largest: int, generator: torch.Generator) -> Tensor:
    """Return an integer from -largest to largest for each row."""
    return torch.randint(
        -largest, largest + 1, (len(X),), generator=generator, device=X.device
    )


def shift(X: Tensor, down: Tensor | None, right: Tensor | None) -> Tensor:
    """Return rows that start so much further on along the last two axes.

    Entries from beyond an edge are those at the edge. The integers `down` and `right`
    have shape (n,); None does not shift.
    """
    height, width = X.shape[-2:]
    lines = _sources(height, down, X.device)[:, :, None]
    places = (lines * width + _sources(width, right, X.device)[:, None, :]).flatten(1)
    flat = X.reshape(len(X), -1, height * width)
    return flat.gather(2, places[:, None, :].expand(flat.shape)).view(X.shape)


def _sources(length: int, offsets: Tensor | None, device: torch.device) -> Tensor:
    """Return where along an axis each entry comes from, (n or 1, length)."""
    own = torch.arange(length, device=device)[None, :]
    return own if offsets is None else (own + offsets[:, None]).clamp(0, length - 1)
