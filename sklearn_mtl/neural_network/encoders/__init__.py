"""What turns tables, images, sound and other inputs into features for the layers."""

from ._base import Encoder
from ._conv import ConvEncoder
from ._embedding import NumericEmbedding
from ._linear_relu import LinearReluEncoder
from ._periodic import PeriodicEncoder
from ._piecewise_linear import PiecewiseLinearEncoder
from ._registry import ENCODERS
from ._shared_conv import SharedConvEncoder
from ._spectrogram import SpectrogramEncoder

__all__ = [
    "ENCODERS",
    "ConvEncoder",
    "Encoder",
    "LinearReluEncoder",
    "NumericEmbedding",
    "PeriodicEncoder",
    "PiecewiseLinearEncoder",
    "SharedConvEncoder",
    "SpectrogramEncoder",
]
