"""The algorithms that fit a regularised model."""

from ._solve import SOLVERS

__all__ = ["SOLVERS"]
