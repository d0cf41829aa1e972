from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from sklearn_mtl.neural_network.encoders._base import ConvolutionalEncoder
from sklearn_mtl.neural_network.encoders._docs import IMAGE_PARAMETERS
from sklearn_mtl.neural_network.encoders._shapes import image_shape
from sklearn_mtl.neural_network.encoders._stages import ConvNetwork, make_stages


@dataclass(repr=False, eq=False)
class ConvEncoder(ConvolutionalEncoder):
    __doc__ = f"""Convolutions for images, (channels, height, width) or (height, width).

    Each stage has `n_convolutions` times a convolution, a normalisation and an
    activation, and then halves the image by the maximum of 2x2 pixels. The means of
    each channel over the cells of a grid on the last image are the features. Images may
    have any size: a side of one pixel is halved no further.

    Parameters
    ----------
    {IMAGE_PARAMETERS}

    See Also
    --------
    SharedConvEncoder : The same convolutions for images of different shape.
    SpectrogramEncoder : Convolutions over time.

    Notes
    -----
    Networks of this package standardise the channels of the images before it. Small
    images whose batches have only a few rows are better off with 'group'.

    References
    ----------
    Simonyan, K. and Zisserman, A. (2015). Very deep convolutional networks for
    large-scale image recognition. ICLR.

    Ioffe, S. and Szegedy, C. (2015). Batch normalization: accelerating deep network
    training by reducing internal covariate shift. ICML.

    Lin, M., Chen, Q. and Yan, S. (2014). Network in network. ICLR.

    Examples
    --------
    >>> import torch
    >>> from sklearn_mtl.neural_network.encoders import ConvEncoder
    >>> module = ConvEncoder(channels=(16, 32))((3, 32, 32))
    >>> module(torch.zeros(5, 3, 32, 32)).shape
    torch.Size([5, 288])
    """

    channel_axis: ClassVar[int | None] = -3

    def __call__(self, shape: Sequence[int]) -> nn.Module:
        """Return the network for images of this shape.

        Parameters
        ----------
        shape : tuple of int
            The shape of a row, (channels, height, width) or (height, width).

        Returns
        -------
        nn.Module
            From ``(n, *shape)`` to (n, out_features).

        Raises
        ------
        ValueError
            If a parameter is bad, or the rows are no images with channels first.
        """
        self._check_parameters()
        n_channels, *size = image_shape(shape, type(self).__name__)
        kernel = (self.kernel_size, self.kernel_size)
        stages = make_stages(n_channels, kernel, self)
        cells = (self.grid_size, self.grid_size)
        return ConvNetwork((size[0], size[1]), stages, self, cells)
