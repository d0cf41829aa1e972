"""What the encoders have in common: an encoder makes features of rows of any shape."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network._modules import ACTIVATIONS


@dataclass(repr=False, eq=False)
class Encoder(BaseEstimator):
    """A factory of modules from rows of a shape to features.

    Called with the shape of a row it returns an `nn.Module` with an integer attribute
    `out_features`, which maps ``(n, *shape)`` to (n, out_features). Its parameters are
    its fields, so that they can be searched. Networks standardise the input before it
    along its `channel_axis`, and lend it torch's global generator for the first
    weights.

    Attributes
    ----------
    channel_axis : int or None
        The axis of a row along which channels lie: each is standardised by itself. All
        numbers of a row are alike where it is None, or where a row has no such axis.
    shares_inputs : bool
        Whether it is called with a dict from input to shape, and returns a module for
        each.

    See Also
    --------
    ConvEncoder : An encoder for images.
    SpectrogramEncoder : An encoder for sequences.

    Examples
    --------
    Any class or function of the shape will do; this one is standardised and searched
    too:

    >>> import math
    >>> from dataclasses import dataclass
    >>> from torch import nn
    >>> from sklearn_mtl.neural_network.encoders import Encoder
    >>> @dataclass(repr=False, eq=False)
    ... class FlatEncoder(Encoder):
    ...     n_units: int = 32
    ...
    ...     def __call__(self, shape):
    ...         module = nn.Sequential(
    ...             nn.Flatten(), nn.Linear(math.prod(shape), self.n_units), nn.ReLU()
    ...         )
    ...         module.out_features = self.n_units
    ...         return module
    >>> FlatEncoder(n_units=8)
    FlatEncoder(n_units=8)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {}
    channel_axis: ClassVar[int | None] = None
    shares_inputs: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, shape: Any) -> Any:
        """Return the module for rows of this shape."""


@dataclass(repr=False, eq=False)
class ConvolutionalEncoder(Encoder):
    """An encoder of convolutions; has the parameters that all of them share."""

    channels: Sequence[int] = (32, 64, 128)
    n_convolutions: int = 1
    kernel_size: int = 3
    activation: str = "relu"
    normalisation: str | None = "batch"
    readout: str = "average"
    grid_size: int = 3
    dropout: float = 0.0

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "channels": ["array-like"],
        "n_convolutions": [Interval(Integral, 1, None, closed="left")],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "normalisation": [StrOptions({"batch", "group"}), None],
        "readout": [StrOptions({"average", "max", "both"})],
        "grid_size": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def _check_parameters(self) -> None:
        self._validate_params()
        owner = type(self).__name__
        sizes = list(self.channels)
        if not sizes or not all(isinstance(k, Integral) and k > 0 for k in sizes):
            expected = "a sequence of positive integers, one per stage"
            raise parameter_error("channels", owner, expected, repr(self.channels))
        if self.kernel_size % 2 == 0:
            raise parameter_error("kernel_size", owner, "odd", self.kernel_size)
