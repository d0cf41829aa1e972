"""What keeps the coefficients of the tasks small, few or alike."""

from ._cluster import ClusterPenalty
from ._dirty import DirtyPenalty
from ._elastic import ElasticPenalty
from ._graph import GraphPenalty
from ._l1inf import L1InfPenalty
from ._l21 import L21Penalty
from ._lasso import LassoPenalty
from ._mean import MeanPenalty
from ._registry import PENALTIES
from ._ridge import RidgePenalty
from ._robust import RobustPenalty
from ._robust_feature import RobustFeaturePenalty
from ._sparse_group import SparseGroupPenalty
from ._sparse_low_rank import SparseLowRankPenalty
from ._squared_trace import SquaredTracePenalty
from ._temporal import TemporalPenalty
from ._trace import TracePenalty

__all__ = [
    "PENALTIES",
    "ClusterPenalty",
    "DirtyPenalty",
    "ElasticPenalty",
    "GraphPenalty",
    "L1InfPenalty",
    "L21Penalty",
    "LassoPenalty",
    "MeanPenalty",
    "RidgePenalty",
    "RobustFeaturePenalty",
    "RobustPenalty",
    "SparseGroupPenalty",
    "SparseLowRankPenalty",
    "SquaredTracePenalty",
    "TemporalPenalty",
    "TracePenalty",
]
