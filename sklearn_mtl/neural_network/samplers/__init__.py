"""Which tasks each training step has."""

from ._alternating import Alternating
from ._annealed import Annealed
from ._proportional import Proportional
from ._registry import SAMPLERS
from ._subset import Subset
from ._temperature import Temperature
from ._uniform import Uniform

__all__ = [
    "SAMPLERS",
    "Alternating",
    "Annealed",
    "Proportional",
    "Subset",
    "Temperature",
    "Uniform",
]
