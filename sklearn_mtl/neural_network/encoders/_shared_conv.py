from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network.encoders._base import ConvolutionalEncoder
from sklearn_mtl.neural_network.encoders._docs import IMAGE_PARAMETERS
from sklearn_mtl.neural_network.encoders._shapes import image_shape
from sklearn_mtl.neural_network.encoders._stages import (
    ConvNetwork,
    make_convolution,
    make_stages,
)


@dataclass(repr=False, eq=False)
class SharedConvEncoder(ConvolutionalEncoder):
    __doc__ = f"""The same convolutions for images of different shape.

    Each input has a first convolution and normalisations of its own; all other
    convolutions are one and the same for all inputs. What is learnt from one kind of
    images so helps with another. Each input may be of any shape
    (channels, height, width) or (height, width).

    Parameters
    ----------
    {IMAGE_PARAMETERS}

    See Also
    --------
    ConvEncoder : Nothing is shared.

    Notes
    -----
    Called with a dict from the name of each input to the shape of its rows, it returns
    a dict of modules, which have the same number of features. Normalisations are not
    shared since the mean and the spread of a channel differ from one kind of images to
    another.

    References
    ----------
    Bilen, H. and Vedaldi, A. (2017). Universal representations: the missing link
    between faces, text, planktons, and cat breeds. arXiv:1701.07275.

    Examples
    --------
    >>> import torch
    >>> from sklearn_mtl.neural_network.encoders import SharedConvEncoder
    >>> modules = SharedConvEncoder()({{"digit": (28, 28), "object": (3, 32, 32)}})
    >>> modules["digit"](torch.zeros(5, 28, 28)).shape
    torch.Size([5, 1152])
    >>> modules["object"](torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 1152])
    """

    channel_axis: ClassVar[int | None] = -3
    shares_inputs: ClassVar[bool] = True

    def __call__(self, shape: Any) -> dict[str, nn.Module]:
        """Return a network for each input.

        Parameters
        ----------
        shape : mapping from str to tuple of int
            The shape of a row of each input, (channels, height, width) or
            (height, width).

        Returns
        -------
        dict from str to nn.Module
            From ``(n, *shape)`` to (n, out_features), for each input.

        Raises
        ------
        ValueError
            If a parameter is bad, or rows are no images with channels first.
        """
        self._check_parameters()
        owner = type(self).__name__
        if not isinstance(shape, Mapping) or not shape:
            expected = "a dict from the names of inputs to shapes of rows"
            raise parameter_error("shape", owner, expected, repr(shape))
        shapes = {
            name: image_shape(one, f"{owner} for input {name!r}")
            for name, one in shape.items()
        }
        kernel = (self.kernel_size, self.kernel_size)
        (_, *others), *stages = make_stages(self.channels[0], kernel, self)
        cells = (self.grid_size, self.grid_size)
        networks: dict[str, nn.Module] = {}
        for name, (n_channels, *size) in shapes.items():
            stem = make_convolution(n_channels, self.channels[0], kernel, self)
            own = [[stem, *others], *stages]
            networks[name] = ConvNetwork((size[0], size[1]), own, self, cells)
        return networks
