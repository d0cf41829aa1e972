"""Logarithms of losses, of which some may be 0."""

from torch import Tensor

# Added to losses whose logarithm counts, so that no weight exceeds its inverse. It is
# far below the losses of a network, which are near 1 when training starts.
EPSILON = 1e-6


def log_losses(losses: Tensor) -> Tensor:
    """Return the logarithms of losses that are 0 or more."""
    return (losses + EPSILON).log()
