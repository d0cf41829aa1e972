from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from sklearn_mtl.neural_network.encoders._base import ConvolutionalEncoder
from sklearn_mtl.neural_network.encoders._shapes import check_shape
from sklearn_mtl.neural_network.encoders._stages import ConvNetwork, make_stages


@dataclass(repr=False, eq=False)
class SpectrogramEncoder(ConvolutionalEncoder):
    """Convolutions over time, for sequences of shape (time, bands).

    The bands of a spectrogram, or whatever is measured at each time, are the channels
    of the first convolution. Each stage has `n_convolutions` times a convolution, a
    normalisation and an activation, and then halves the time by the maximum of two
    neighbours. The mean of each channel over time is a feature.

    Parameters
    ----------
    channels : sequence of int, default=(64, 128, 256)
        The number of channels of each stage.
    n_convolutions : int, default=1
        The number of convolutions in each stage.
    kernel_size : int, default=3
        The number of times that a convolution looks at, odd.
    activation : str, default='relu'
        What follows each convolution: one of 'elu', 'gelu', 'identity', 'leaky_relu',
        'relu', 'selu', 'silu' and 'tanh'.
    normalisation : {'batch', 'group'} or None, default='batch'
        What comes between the two: batch normalisation, group normalisation, which
        takes each row by itself, or nothing.
    readout : {'average', 'max', 'both'}, default='average'
        How the last stage becomes features: by the mean or the maximum of each channel
        in each cell, or both, which doubles the number of features.
    grid_size : int, default=1
        How many parts the time is divided into at last, each with features of its own.
        With 1, it is forgotten when something was.
    dropout : float, default=0.0
        The probability that a feature is dropped in training.

    See Also
    --------
    ConvEncoder : Convolutions over both axes of an image.
    sklearn_mtl.feature_extraction.LogMelSpectrogram : Makes spectrograms of recordings.

    Notes
    -----
    Networks of this package standardise each band before it. A spectrogram is no image:
    a pattern means something else in another band. Convolutions over both axes, whose
    mean over both is taken, forget where it was.

    References
    ----------
    Collobert, R., Puhrsch, C. and Synnaeve, G. (2016). Wav2Letter: an end-to-end
    ConvNet-based speech recognition system. arXiv:1609.03193.

    Examples
    --------
    >>> import torch
    >>> from sklearn_mtl.neural_network.encoders import SpectrogramEncoder
    >>> module = SpectrogramEncoder(channels=(32, 64))((40, 32))
    >>> module(torch.zeros(5, 40, 32)).shape
    torch.Size([5, 64])
    """

    channels: Sequence[int] = (64, 128, 256)
    grid_size: int = 1

    channel_axis: ClassVar[int | None] = -1

    def __call__(self, shape: Sequence[int]) -> nn.Module:
        """Return the network for sequences of this shape.

        Parameters
        ----------
        shape : tuple of int
            The shape of a row, (time, bands).

        Returns
        -------
        nn.Module
            From (n, time, bands) to (n, out_features).

        Raises
        ------
        ValueError
            If a parameter is bad, or the rows have another number of dimensions.
        """
        self._check_parameters()
        n_times, n_bands = check_shape(
            shape, (2,), "(time, bands)", type(self).__name__
        )
        stages = make_stages(n_bands, (self.kernel_size, 1), self)
        cells = (self.grid_size, 1)
        return _SequenceNetwork((n_times, 1), stages, self, cells)


class _SequenceNetwork(ConvNetwork):
    """Bands are channels of an image of width 1."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.transpose(1, 2).unsqueeze(-1))
