"""How much the tasks of a network share."""

from ._cgc import CGC
from ._cross_stitch import CrossStitch
from ._dselect_k import DSelectK
from ._film import FiLM
from ._mmoe import MMoE
from ._ple import PLE
from ._registry import ARCHITECTURES
from ._separate import Separate
from ._shared_bottom import SharedBottom
from ._sluice import Sluice
from ._soft_sharing import SoftSharing
from ._task_attention import TaskAttention

__all__ = [
    "ARCHITECTURES",
    "CGC",
    "PLE",
    "CrossStitch",
    "DSelectK",
    "FiLM",
    "MMoE",
    "Separate",
    "SharedBottom",
    "Sluice",
    "SoftSharing",
    "TaskAttention",
]
