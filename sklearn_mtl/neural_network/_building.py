"""From the parameters of an estimator to a network and the engine that trains it."""

import inspect
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, clone
from torch import nn

from sklearn_mtl._inputs import Inputs
from sklearn_mtl._tasks import Tasks
from sklearn_mtl._validation import parameter_error
from sklearn_mtl.neural_network._augmenting import Augmenter
from sklearn_mtl.neural_network._batches import TaskData
from sklearn_mtl.neural_network._encoding import build_encoder
from sklearn_mtl.neural_network._engine import OWN_RATE, MultiTaskEngine
from sklearn_mtl.neural_network._initial_weights import (
    load_initial_weights,
    take_over_table,
)
from sklearn_mtl.neural_network._members import MemberTrunk, SeparateTrunks
from sklearn_mtl.neural_network._network import Network
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._table_encoder import TableEncoder
from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network._threads import count_products
from sklearn_mtl.neural_network._training_data import TrainingData
from sklearn_mtl.neural_network.architectures._base import LayerSettings, Trunk
from sklearn_mtl.neural_network.architectures._registry import make_architecture
from sklearn_mtl.neural_network.balancers._base import Balancer, GradientBalancer
from sklearn_mtl.neural_network.balancers._registry import make_balancer
from sklearn_mtl.neural_network.samplers._registry import make_sampler

OPTIMIZERS: dict[str, tuple[type, dict[str, Any]]] = {
    "adamw": (torch.optim.AdamW, {"weight_decay": 0.3}),
    "adam": (torch.optim.Adam, {}),
    "sgd": (torch.optim.SGD, {"momentum": 0.9}),
}
# The parameters that a network is made from, and its engine.
BUILT_WITH = (
    "hidden_layer_sizes",
    "activation",
    "dropout",
    "encoder",
    "augment",
    "architecture",
    "n_members",
    "n_networks",
    "gradient_level",
    "task_sampler",
    "optimizer",
    "lr",
    "lr_schedule",
    "average",
    "weight_decay",
    "batch_size",
    "max_epochs",
    "callbacks",
    "net_params",
)
# Weights and inputs are of these types, whatever the passes of training compute with.
PRECISIONS = {
    "float32": (np.float32, torch.float32),
    "float64": (np.float64, torch.float64),
    "bf16-mixed": (np.float32, torch.float32),
}


def find_numbers(precision: str) -> str:
    """Return the name of the type of the weights."""
    return np.dtype(PRECISIONS[precision][0]).name


def build_engine(
    estimator: Any,
    data: TrainingData,
    train_rows: np.ndarray,
    layout: OutputLayout,
    train: TaskData,
    seed: int,
) -> MultiTaskEngine:
    """Return an initialised engine for the parameters of the estimator."""
    dtype = train.targets.dtype
    generator = torch.Generator().manual_seed(seed)
    encoder, n_features = build_encoder(
        estimator, data, train_rows, seed, generator, dtype
    )
    if isinstance(encoder, TableEncoder):
        # Bins that were learnt from other rows may be of another number.
        encoder = take_over_table(encoder, estimator.encoder_init)
        n_features = encoder.out_features
    owner = type(estimator).__name__
    if estimator.augment is not None and estimator._categories is not None:
        expected = "None for a table with categorical columns, which have no neighbours"
        raise parameter_error("augment", owner, expected, repr(estimator.augment))
    sampler = estimator.task_sampler
    if sampler is not None and not getattr(data.X, "has_cheap_rows", True):
        expected = "None for Parquet files of more than half of their memory_budget"
        raise parameter_error("task_sampler", owner, expected, repr(sampler))
    trunk = build_trunk(estimator, n_features, layout.n_tasks, generator, dtype)
    constant_outputs = layout.constant_outputs(train.targets, train.weights)
    module = Network(encoder.to(dtype), trunk, layout, constant_outputs.cpu())
    if estimator.encoder_init is not None:
        load_initial_weights(module, estimator.encoder_init, owner)
    engine = assemble_engine(
        estimator,
        module,
        WeightedTaskLoss(
            layout, dtype, _build_balancer(estimator, module, data.tasks, seed)
        ),
        generator,
        task_names=data.tasks.names,
        input_names=data.X.names if isinstance(data.X, Inputs) else None,
        device=train.rows.device,
    )
    engine.built_with_ = {name: _keep(getattr(estimator, name)) for name in BUILT_WITH}
    engine.n_products_ = count_products(engine.module_, train.rows.example())
    return engine


def assemble_engine(
    estimator: Any,
    module: Network,
    criterion: WeightedTaskLoss,
    generator: torch.Generator,
    *,
    task_names: Sequence[str],
    input_names: Sequence[str] | None,
    device: str,
) -> MultiTaskEngine:
    """Return an initialised engine for a network and its objective.

    `input_names` are those of named inputs; None if there is one table.
    """
    owner = type(estimator).__name__
    settings = {
        **_optimizer_settings(estimator.optimizer, estimator.weight_decay, owner),
        "lr": estimator.lr,
        "batch_size": estimator.batch_size,
        "max_epochs": estimator.max_epochs,
        "callbacks": list(estimator.callbacks or []),
        "device": device,
        "train_split": None,
        "verbose": 0,
        **(estimator.net_params or {}),
    }
    if criterion.balancer is not None:
        _add_balancer_group(settings, criterion.balancer)
    sampler, augment = estimator.task_sampler, estimator.augment
    engine = MultiTaskEngine(
        module,
        criterion,
        task_names=task_names,
        generator=generator,
        gradient_level=estimator.gradient_level,
        sampler=None if sampler is None else make_sampler(sampler, owner),
        augment=None if augment is None else Augmenter(augment, input_names, owner),
        lr_schedule=estimator.lr_schedule,
        average=estimator.average,
        **settings,
    ).initialize()
    engine.sampler_ = None
    return engine


def build_trunk(
    estimator: Any,
    n_features: int,
    n_tasks: int,
    generator: torch.Generator,
    dtype: torch.dtype,
    device: str = "cpu",
) -> Trunk:
    """Return the layers between the encoder and the heads, of all members."""
    architecture = make_architecture(estimator.architecture, type(estimator).__name__)
    settings = LayerSettings(
        n_features,
        estimator.hidden_layer_sizes,
        n_tasks,
        activation=estimator.activation,
        dropout=estimator.dropout,
        generator=generator,
        dtype=dtype,
    )
    trunks = []
    for _ in range(estimator.n_networks):
        with torch.device(device):
            trunk = architecture.build(settings)
        if estimator.n_members > 1:
            trunk = MemberTrunk(
                trunk, n_features, estimator.n_members, generator, dtype
            )
        trunks.append(trunk)
    return trunks[0] if len(trunks) == 1 else SeparateTrunks(trunks)


def _keep(value: Any) -> Any:
    """Return what stays as it is when parameters of an object are set."""
    return clone(value) if isinstance(value, BaseEstimator) else value


def check_batches(module: nn.Module, train: TaskData, size: int, owner: str) -> None:
    """Raise if a layer that normalises over batches is to get some of one row."""
    if min(len(train), size) > 1:
        return
    if any(isinstance(layer, nn.BatchNorm1d) for layer in module.modules()):
        raise parameter_error(
            "batch_size",
            owner,
            "at least 2 (and so must be the labelled rows) for batch normalisation",
            f"{size} on {len(train)} row(s)",
        )


def _build_balancer(
    estimator: Any, module: Network, tasks: Tasks, seed: int
) -> Balancer | None:
    if estimator.balancer is None:
        return None
    owner = type(estimator).__name__
    balancer = make_balancer(estimator.balancer, owner).reset(
        tasks.n_tasks, are_classification=tasks.are_classification, random_state=seed
    )
    is_shared = any(p.requires_grad for p in module.shared_parameters())
    if isinstance(balancer, GradientBalancer) and not is_shared:
        warnings.warn(
            f"The balancer of {owner} has nothing to balance: the tasks share no "
            "parameters.",
            stacklevel=7,
        )
    return balancer


def _add_balancer_group(settings: dict[str, Any], balancer: Balancer) -> None:
    """Give what the balancer learns a rate of its own, and no weight decay."""
    if balancer.learnable():
        group = {"lr": balancer.lr, OWN_RATE: balancer.lr, "weight_decay": 0.0}
        others = settings.get("optimizer__param_groups", [])
        settings["optimizer__param_groups"] = [
            ("balancer_parameters.*", group),
            *others,
        ]


def _optimizer_settings(
    optimizer: Any, weight_decay: float | None, owner: str
) -> dict[str, Any]:
    cls, defaults = OPTIMIZERS.get(optimizer, (optimizer, {}))
    accepted = inspect.signature(cls).parameters
    settings: dict[str, Any] = dict(defaults)
    if weight_decay is not None:
        if "weight_decay" not in accepted:
            raise parameter_error(
                "weight_decay",
                owner,
                f"None for {cls.__name__}, which has none",
                repr(weight_decay),
            )
        settings["weight_decay"] = weight_decay
    if "fused" in accepted:
        settings["fused"] = True
    return {
        "optimizer": cls,
        **{f"optimizer__{name}": value for name, value in settings.items()},
    }


def find_weight_decay(optimizer: Any, weight_decay: float | None) -> float:
    """Return the weight decay that the parameters of an estimator stand for."""
    cls, defaults = OPTIMIZERS.get(optimizer, (optimizer, {}))
    if weight_decay is not None:
        return weight_decay
    own = inspect.signature(cls).parameters["weight_decay"].default
    return defaults.get("weight_decay", own)
