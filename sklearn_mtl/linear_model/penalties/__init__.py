"""What keeps the coefficients of the tasks small, few or alike."""

from ._capped_l1 import CappedL1Penalty
from ._cluster import ClusterPenalty
from ._cluster_norm import ClusterNormPenalty
from ._dirty import DirtyPenalty
from ._elastic import ElasticPenalty
from ._fused import FusedPenalty
from ._graph import GraphPenalty
from ._l1inf import L1InfPenalty
from ._l21 import L21Penalty
from ._lasso import LassoPenalty
from ._mean import MeanPenalty
from ._multi_level import MultiLevelPenalty
from ._registry import PENALTIES
from ._ridge import RidgePenalty
from ._robust import RobustPenalty
from ._robust_feature import RobustFeaturePenalty
from ._sparse_group import SparseGroupPenalty
from ._sparse_low_rank import SparseLowRankPenalty
from ._squared_trace import SquaredTracePenalty
from ._temporal import TemporalPenalty
from ._trace import TracePenalty
from ._tree import TreePenalty

__all__ = [
    "PENALTIES",
    "CappedL1Penalty",
    "ClusterNormPenalty",
    "ClusterPenalty",
    "DirtyPenalty",
    "ElasticPenalty",
    "FusedPenalty",
    "GraphPenalty",
    "L1InfPenalty",
    "L21Penalty",
    "LassoPenalty",
    "MeanPenalty",
    "MultiLevelPenalty",
    "RidgePenalty",
    "RobustFeaturePenalty",
    "RobustPenalty",
    "SparseGroupPenalty",
    "SparseLowRankPenalty",
    "SquaredTracePenalty",
    "TemporalPenalty",
    "TracePenalty",
    "TreePenalty",
]
