"""Which networks can be trained together, and what they must have in common."""

from collections.abc import Hashable
from typing import Any

import torch
from torch import nn

from sklearn_mtl.neural_network._engine import MultiTaskEngine
from sklearn_mtl.neural_network._input_rows import InputRows
from sklearn_mtl.neural_network._members import MemberTrunk
from sklearn_mtl.neural_network._modules import seed_dropout
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._stack._forward import VmapForward, is_mlp
from sklearn_mtl.neural_network._stored_rows import StoredRows
from sklearn_mtl.neural_network._training_run import TrainingRun
from sklearn_mtl.neural_network.architectures._base import Trunk
from sklearn_mtl.neural_network.balancers._base import GramianBalancer, LossBalancer

# Their updates treat each number by itself, so that members do not mix.
_ELEMENTWISE = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW)
# Settings of the optimizer that are members' own, or split its parameters.
_RESERVED = {"optimizer__lr", "optimizer__weight_decay", "optimizer__param_groups"}


def find_obstacle(estimator: Any, run: TrainingRun) -> str | None:
    """Return why the run of the estimator cannot be part of a stack; None if it can."""
    net = run.net
    obstacles = {
        "it has callbacks": bool(estimator.callbacks),
        "it samples tasks": net.sampler is not None,
        "it augments batches": net.augment is not None,
        "it trains in bfloat16": net.module_.in_bfloat16,
        "several processes train it": run.processes.n > 1,
        "it has several networks": net.module_.trunk.n_networks > 1,
        "its rows have named inputs": isinstance(run.train.rows, InputRows),
        "its rows are not in memory": isinstance(run.train.rows, StoredRows),
    }
    if any(obstacles.values()):
        return next(what for what, is_there in obstacles.items() if is_there)
    settings = set(estimator.net_params or {})
    if not all(name.startswith("optimizer__") for name in settings - _RESERVED):
        return "it has net_params"
    if settings & _RESERVED:
        return "net_params set the rate or the decay"
    if type(net.optimizer_) not in _ELEMENTWISE:
        return f"the optimizer is {type(net.optimizer_).__name__}"
    balancer = net.criterion_.balancer
    if isinstance(balancer, LossBalancer):
        if balancer.looks_back and run.settings["dropout"]:
            return f"{type(balancer).__name__} looks twice at a batch, with dropout"
    elif balancer is not None and not _is_balanced_by_hand(net):
        return (
            f"{type(balancer).__name__} balances gradients other than those at the "
            "representation of an MLP"
        )
    if _has_penalty(net.module_.trunk):
        return "its architecture has a penalty"
    return None if is_mlp(net.module_) else _find_layer(net.module_, run)


def _has_penalty(trunk: Trunk) -> bool:
    of_one = trunk.trunk if isinstance(trunk, MemberTrunk) else trunk
    return type(of_one).penalty is not Trunk.penalty


def _is_balanced_by_hand(net: MultiTaskEngine) -> bool:
    balancer = net.criterion_.balancer
    return (
        isinstance(balancer, GramianBalancer)
        and not balancer.remembers_gradients
        and net.gradient_level == "representation"
        and is_mlp(net.module_)
        and any(p.requires_grad for p in net.module_.shared_parameters())
    )


def _find_layer(module: Network, run: TrainingRun) -> str | None:
    """Return which layer keeps the network from being mapped over members."""
    for layer in module.modules():
        if getattr(layer, "track_running_stats", False):
            return f"{type(layer).__name__} keeps statistics"
        if isinstance(layer, nn.modules.dropout._DropoutNd) and not isinstance(
            layer, nn.Dropout
        ):
            return f"{type(layer).__name__} draws from the global generator"
    rows = run.train.rows.take(torch.zeros(2, dtype=torch.int64))
    seed_dropout(module, torch.Generator(rows.device))
    try:
        VmapForward(module).probe(rows)
    except (RuntimeError, ValueError, NotImplementedError) as error:
        return f"torch.func.vmap fails: {str(error).partition(chr(10))[0]}"
    finally:
        seed_dropout(module, None)
    return None


def find_signature(run: TrainingRun, settings: Hashable = None) -> Hashable:
    """Return what the members of a stack have in common.

    `settings` stand for the parameters of the estimator: of an encoder or architecture
    of the user, neither what it prints nor its weights tell all that it does.
    """
    net = run.net
    module, layout = net.module_, net.criterion_.layout
    parameters = tuple(
        (tuple(p.shape), p.dtype, p.requires_grad) for p in module.parameters()
    )
    buffers = tuple(tuple(buffer.shape) for buffer in module.buffers())
    groups = tuple(
        (type(group).__name__, tuple(group.tasks), group.width)
        for group in layout.groups
    )
    return (
        repr(module),
        parameters,
        buffers,
        groups,
        str(net.device),
        net.batch_size,
        net.average,
        run.valid is None,
        type(net.criterion_.balancer),
        type(net.optimizer_),
        repr({**net.optimizer_.defaults, "lr": None, "weight_decay": None}),
        None if is_mlp(module) else (settings, _find_masks(run)),
    )


def _find_masks(run: TrainingRun) -> Hashable:
    """Return whose dropout the network gets: mapped networks all get one mask."""
    drops = any(
        isinstance(layer, nn.Dropout) and layer.p for layer in run.net.module_.modules()
    )
    return id(run) if drops else None
