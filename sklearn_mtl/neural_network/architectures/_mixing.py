"""Streams that are mixed linearly, and start out mostly as they were."""

import torch
from torch import Tensor, nn


class Mixing(nn.Module):
    """Maps k streams (k, n, d) to as many linear combinations of them.

    At first a stream has `self_weight` in its own combination, and the others share the
    rest. With `n_units` each of the d units has combinations of its own. The parameter
    is the change since the start, which weight decay so pulls back to.
    """

    start: Tensor

    def __init__(
        self, k: int, self_weight: float, dtype: torch.dtype, n_units: int | None = None
    ):
        super().__init__()
        start = torch.eye(k, dtype=dtype)
        if k > 1:
            others = (1 - self_weight) / (k - 1)
            start = start * (self_weight - others) + others
        self.register_buffer("start", start, persistent=False)
        shape = (k, k) if n_units is None else (n_units, k, k)
        self.change = nn.Parameter(torch.zeros(shape, dtype=dtype))

    def weights(self) -> Tensor:
        """Return the weight of each stream (last) in each combination."""
        return self.start + self.change

    def forward(self, streams: Tensor) -> Tensor:
        if self.change.ndim == 2:
            return (self.weights() @ streams.flatten(1)).view_as(streams)
        return torch.einsum("dst,tnd->snd", self.weights(), streams)
