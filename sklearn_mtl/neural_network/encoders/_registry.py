"""The encoders by name."""

from typing import Any

from torch import nn

from sklearn_mtl._validation import check_option, parameter_error
from sklearn_mtl.neural_network.encoders._base import Encoder
from sklearn_mtl.neural_network.encoders._conv import ConvEncoder
from sklearn_mtl.neural_network.encoders._embedding import NumericEmbedding
from sklearn_mtl.neural_network.encoders._linear_relu import LinearReluEncoder
from sklearn_mtl.neural_network.encoders._periodic import PeriodicEncoder
from sklearn_mtl.neural_network.encoders._piecewise_linear import PiecewiseLinearEncoder
from sklearn_mtl.neural_network.encoders._shared_conv import SharedConvEncoder
from sklearn_mtl.neural_network.encoders._spectrogram import SpectrogramEncoder

ENCODERS: dict[str, type[Encoder | NumericEmbedding]] = {
    "piecewise_linear": PiecewiseLinearEncoder,
    "periodic": PeriodicEncoder,
    "linear_relu": LinearReluEncoder,
    "conv": ConvEncoder,
    "spectrogram": SpectrogramEncoder,
    "shared_conv": SharedConvEncoder,
}


def make_encoder(encoder: Any, owner: str) -> Any:
    """Return the encoder of a name, or the factory itself.

    A factory takes the shape of a row, and returns an `nn.Module` with an integer
    attribute `out_features`.
    """
    if isinstance(encoder, str):
        check_option(encoder, ENCODERS, "encoder", owner)
        return ENCODERS[encoder]()
    if isinstance(encoder, type) and issubclass(encoder, Encoder | NumericEmbedding):
        return encoder()
    if isinstance(encoder, NumericEmbedding):
        return encoder
    if isinstance(encoder, nn.Module) or not callable(encoder):
        got = (
            f"an instance of {type(encoder).__name__}"
            if isinstance(encoder, nn.Module)
            else repr(encoder)
        )
        raise parameter_error(
            "encoder",
            owner,
            f"one of {', '.join(map(repr, ENCODERS))}, an object of "
            "sklearn_mtl.neural_network.encoders, or a class or function of the shape "
            "of a row that returns an nn.Module with an integer attribute "
            "'out_features'",
            got,
        )
    return encoder
