"""The penalties by name."""

from typing import Any

from sklearn_mtl._validation import check_option, list_some, parameter_error
from sklearn_mtl.linear_model.penalties._base import Penalty
from sklearn_mtl.linear_model.penalties._capped_l1 import CappedL1Penalty
from sklearn_mtl.linear_model.penalties._cluster import ClusterPenalty
from sklearn_mtl.linear_model.penalties._cluster_norm import ClusterNormPenalty
from sklearn_mtl.linear_model.penalties._dirty import DirtyPenalty
from sklearn_mtl.linear_model.penalties._elastic import ElasticPenalty
from sklearn_mtl.linear_model.penalties._fused import FusedPenalty
from sklearn_mtl.linear_model.penalties._graph import GraphPenalty
from sklearn_mtl.linear_model.penalties._l1inf import L1InfPenalty
from sklearn_mtl.linear_model.penalties._l21 import L21Penalty
from sklearn_mtl.linear_model.penalties._lasso import LassoPenalty
from sklearn_mtl.linear_model.penalties._mean import MeanPenalty
from sklearn_mtl.linear_model.penalties._multi_level import MultiLevelPenalty
from sklearn_mtl.linear_model.penalties._ridge import RidgePenalty
from sklearn_mtl.linear_model.penalties._robust import RobustPenalty
from sklearn_mtl.linear_model.penalties._robust_feature import RobustFeaturePenalty
from sklearn_mtl.linear_model.penalties._sparse_group import SparseGroupPenalty
from sklearn_mtl.linear_model.penalties._sparse_low_rank import SparseLowRankPenalty
from sklearn_mtl.linear_model.penalties._squared_trace import SquaredTracePenalty
from sklearn_mtl.linear_model.penalties._temporal import TemporalPenalty
from sklearn_mtl.linear_model.penalties._trace import TracePenalty
from sklearn_mtl.linear_model.penalties._tree import TreePenalty

PENALTIES: dict[str, type[Penalty]] = {
    "ridge": RidgePenalty,
    "lasso": LassoPenalty,
    "elastic": ElasticPenalty,
    "mean": MeanPenalty,
    "graph": GraphPenalty,
    "l21": L21Penalty,
    "l1inf": L1InfPenalty,
    "sparse_group": SparseGroupPenalty,
    "tree": TreePenalty,
    "capped_l1": CappedL1Penalty,
    "multi_level": MultiLevelPenalty,
    "trace": TracePenalty,
    "squared_trace": SquaredTracePenalty,
    "temporal": TemporalPenalty,
    "fused": FusedPenalty,
    "cluster": ClusterPenalty,
    "cluster_norm": ClusterNormPenalty,
    "dirty": DirtyPenalty,
    "robust": RobustPenalty,
    "robust_feature": RobustFeaturePenalty,
    "sparse_low_rank": SparseLowRankPenalty,
}


def make_penalty(penalty: Any, owner: str) -> Penalty:
    """Return the penalty of a name, or the object itself."""
    if isinstance(penalty, str):
        check_option(penalty, PENALTIES, "penalty", owner)
        return PENALTIES[penalty]()
    if not isinstance(penalty, Penalty):
        raise parameter_error(
            "penalty",
            owner,
            "a name or an object of sklearn_mtl.linear_model.penalties",
            repr(penalty),
        )
    return penalty


def check_positive(penalty: Penalty, owner: str) -> None:
    """Raise unless the penalty can keep the coefficients above 0."""
    if penalty.allows_positive:
        return
    allowed = [name for name, other in PENALTIES.items() if other().allows_positive]
    raise parameter_error(
        "positive",
        owner,
        f"False for {type(penalty).__name__}; the penalties that allow it are "
        f"{list_some(allowed, limit=20)}",
        True,
    )
