"""The balancers by name."""

from typing import Any

from sklearn.base import clone

from sklearn_mtl._validation import check_option
from sklearn_mtl.neural_network.balancers._aligned_mtl import AlignedMTL
from sklearn_mtl.neural_network.balancers._base import Balancer
from sklearn_mtl.neural_network.balancers._cagrad import CAGrad
from sklearn_mtl.neural_network.balancers._config import ConFIG
from sklearn_mtl.neural_network.balancers._db_mtl import DBMTL
from sklearn_mtl.neural_network.balancers._dualproj import DualProj
from sklearn_mtl.neural_network.balancers._dwa import DWA
from sklearn_mtl.neural_network.balancers._excess_mtl import ExcessMTL
from sklearn_mtl.neural_network.balancers._fairgrad import FairGrad
from sklearn_mtl.neural_network.balancers._famo import FAMO
from sklearn_mtl.neural_network.balancers._fixed import Fixed
from sklearn_mtl.neural_network.balancers._foreign import adapt
from sklearn_mtl.neural_network.balancers._gls import GLS
from sklearn_mtl.neural_network.balancers._graddrop import GradDrop
from sklearn_mtl.neural_network.balancers._gradnorm import GradNorm
from sklearn_mtl.neural_network.balancers._gradvac import GradVac
from sklearn_mtl.neural_network.balancers._imtl_g import IMTLG
from sklearn_mtl.neural_network.balancers._imtl_l import IMTLL
from sklearn_mtl.neural_network.balancers._mgda import MGDA
from sklearn_mtl.neural_network.balancers._moco import MoCo
from sklearn_mtl.neural_network.balancers._nash_mtl import NashMTL
from sklearn_mtl.neural_network.balancers._pcgrad import PCGrad
from sklearn_mtl.neural_network.balancers._rlw import RLW
from sklearn_mtl.neural_network.balancers._si import SI
from sklearn_mtl.neural_network.balancers._stch import STCH
from sklearn_mtl.neural_network.balancers._task_relation import TaskRelation
from sklearn_mtl.neural_network.balancers._uncertainty import Uncertainty
from sklearn_mtl.neural_network.balancers._upgrad import UPGrad

BALANCERS: dict[str, type[Balancer]] = {
    "fixed": Fixed,
    "relation": TaskRelation,
    "uncertainty": Uncertainty,
    "dwa": DWA,
    "rlw": RLW,
    "gls": GLS,
    "si": SI,
    "imtl_l": IMTLL,
    "stch": STCH,
    "famo": FAMO,
    "gradnorm": GradNorm,
    "mgda": MGDA,
    "pcgrad": PCGrad,
    "gradvac": GradVac,
    "graddrop": GradDrop,
    "cagrad": CAGrad,
    "imtl_g": IMTLG,
    "nash_mtl": NashMTL,
    "fairgrad": FairGrad,
    "aligned_mtl": AlignedMTL,
    "upgrad": UPGrad,
    "dualproj": DualProj,
    "config": ConFIG,
    "db_mtl": DBMTL,
    "excess_mtl": ExcessMTL,
    "moco": MoCo,
}


def make_balancer(balancer: Any, owner: str) -> Balancer:
    """Return the balancer of a name, a fresh copy of an object, or an adapter."""
    if isinstance(balancer, str):
        check_option(balancer, BALANCERS, "balancer", owner)
        return BALANCERS[balancer]()
    return clone(balancer) if isinstance(balancer, Balancer) else adapt(balancer, owner)
