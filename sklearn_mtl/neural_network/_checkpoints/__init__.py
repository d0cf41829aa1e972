"""Checkpoints of a fit: what it takes to go on as if it had never stopped."""

from ._checkpoints import Checkpoints
from ._parameters import check_parameters

__all__ = ["Checkpoints", "check_parameters"]
