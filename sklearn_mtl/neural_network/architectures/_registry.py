"""The architectures by name."""

from typing import Any

from sklearn_mtl._validation import check_option, parameter_error
from sklearn_mtl.neural_network.architectures._base import Architecture
from sklearn_mtl.neural_network.architectures._cgc import CGC
from sklearn_mtl.neural_network.architectures._cross_stitch import CrossStitch
from sklearn_mtl.neural_network.architectures._dselect_k import DSelectK
from sklearn_mtl.neural_network.architectures._film import FiLM
from sklearn_mtl.neural_network.architectures._mmoe import MMoE
from sklearn_mtl.neural_network.architectures._ple import PLE
from sklearn_mtl.neural_network.architectures._separate import Separate
from sklearn_mtl.neural_network.architectures._shared_bottom import SharedBottom
from sklearn_mtl.neural_network.architectures._sluice import Sluice
from sklearn_mtl.neural_network.architectures._soft_sharing import SoftSharing
from sklearn_mtl.neural_network.architectures._task_attention import TaskAttention

ARCHITECTURES: dict[str, type[Architecture]] = {
    "shared_bottom": SharedBottom,
    "cross_stitch": CrossStitch,
    "sluice": Sluice,
    "mmoe": MMoE,
    "cgc": CGC,
    "ple": PLE,
    "dselect_k": DSelectK,
    "task_attention": TaskAttention,
    "soft_sharing": SoftSharing,
    "separate": Separate,
    "film": FiLM,
}


def make_architecture(architecture: Any, owner: str) -> Architecture:
    """Return the architecture of a name, or the object itself."""
    if isinstance(architecture, str):
        check_option(architecture, ARCHITECTURES, "architecture", owner)
        return ARCHITECTURES[architecture]()
    if not isinstance(architecture, Architecture):
        raise parameter_error(
            "architecture",
            owner,
            "a name or an object of sklearn_mtl.neural_network.architectures",
            repr(architecture),
        )
    return architecture
