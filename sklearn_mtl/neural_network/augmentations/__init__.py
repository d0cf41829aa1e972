"""Random changes of the rows of a batch, by which a network sees more than there is."""

from ._frequency_mask import FrequencyMask
from ._gaussian_noise import GaussianNoise
from ._mixup import Mixup
from ._random_crop import RandomCrop
from ._random_flip import RandomFlip
from ._random_shift import RandomShift
from ._time_mask import TimeMask

__all__ = [
    "FrequencyMask",
    "GaussianNoise",
    "Mixup",
    "RandomCrop",
    "RandomFlip",
    "RandomShift",
    "TimeMask",
]
