"""Saved models: a folder of tensors and a card, which runs no code when it is read."""

from ._load import load
from ._mixin import SavingMixin

__all__ = ["SavingMixin", "load"]
