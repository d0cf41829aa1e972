"""What turns images, sound and other inputs into features for the shared layers."""

from ._base import Encoder
from ._conv import ConvEncoder
from ._registry import ENCODERS
from ._shared_conv import SharedConvEncoder
from ._spectrogram import SpectrogramEncoder

__all__ = [
    "ENCODERS",
    "ConvEncoder",
    "Encoder",
    "SharedConvEncoder",
    "SpectrogramEncoder",
]
