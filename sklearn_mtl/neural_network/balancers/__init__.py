"""How the losses or the gradients of the tasks are combined."""

from ._aligned_mtl import AlignedMTL
from ._cagrad import CAGrad
from ._config import ConFIG
from ._db_mtl import DBMTL
from ._dualproj import DualProj
from ._dwa import DWA
from ._excess_mtl import ExcessMTL
from ._fairgrad import FairGrad
from ._famo import FAMO
from ._fixed import Fixed
from ._gls import GLS
from ._graddrop import GradDrop
from ._gradnorm import GradNorm
from ._gradvac import GradVac
from ._imtl_g import IMTLG
from ._imtl_l import IMTLL
from ._mgda import MGDA
from ._moco import MoCo
from ._nash_mtl import NashMTL
from ._pcgrad import PCGrad
from ._registry import BALANCERS
from ._rlw import RLW
from ._si import SI
from ._stch import STCH
from ._task_relation import TaskRelation
from ._uncertainty import Uncertainty
from ._upgrad import UPGrad

__all__ = [
    "BALANCERS",
    "DBMTL",
    "DWA",
    "FAMO",
    "GLS",
    "IMTLG",
    "IMTLL",
    "MGDA",
    "RLW",
    "SI",
    "STCH",
    "AlignedMTL",
    "CAGrad",
    "ConFIG",
    "DualProj",
    "ExcessMTL",
    "FairGrad",
    "Fixed",
    "GradDrop",
    "GradNorm",
    "GradVac",
    "MoCo",
    "NashMTL",
    "PCGrad",
    "TaskRelation",
    "UPGrad",
    "Uncertainty",
]
