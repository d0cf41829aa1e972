"""The losses that a regularised model minimises."""

from ._registry import LOSSES

__all__ = ["LOSSES"]
