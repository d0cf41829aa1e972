"""A fitted estimator again, from what a card says of it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import torch
from sklearn.base import is_regressor

from sklearn_mtl._tasks import Kind, Tasks
from sklearn_mtl._validation import check_task_weights
from sklearn_mtl.neural_network._building import BUILT_WITH, assemble_engine
from sklearn_mtl.neural_network._categories import Categories, make_encoder
from sklearn_mtl.neural_network._device import resolve_device
from sklearn_mtl.neural_network._engine import MultiTaskEngine
from sklearn_mtl.neural_network._objective import WeightedTaskLoss
from sklearn_mtl.neural_network._presets import SETTINGS
from sklearn_mtl.neural_network._saving._history import read_history
from sklearn_mtl.neural_network._saving._network import rebuild_network
from sklearn_mtl.neural_network._saving._reader import Reader, check, make
from sklearn_mtl.neural_network._saving._refusal import refuse
from sklearn_mtl.neural_network._saving._registry import estimators
from sklearn_mtl.neural_network._saving._requests import restore_requests
from sklearn_mtl.neural_network._saving._states import read_state, restore_state
from sklearn_mtl.neural_network._target_scale import TargetScale
from sklearn_mtl.neural_network._task_groups import OutputLayout
from sklearn_mtl.neural_network._training_run import describe_tasks
from sklearn_mtl.neural_network._transfer import TransferredTask

# What else an estimator has learnt; other attributes may be anything that is no code.
_TYPES = {
    "_fitted_precision": str,
    "_n_labels": np.ndarray,
    "_takes_gaps": bool,
    "best_epoch_": int,
    "compiled_": dict,
    "feature_names_in_": np.ndarray,
    "n_features_in_": int,
    "noise_": np.ndarray,
    "settings_": dict,
    "task_weights_": np.ndarray,
}
_OPTIONAL = ("feature_names_in_", "noise_")
_BY_TASK = ("_n_labels", "noise_", "task_weights_")


def rebuild(said: Any, reader: Reader) -> Any:
    """Return the fitted estimator that plain data stand for."""
    name = said["class"]
    if name not in estimators():
        raise refuse(f"a card with the class {name!r}, which is not known")
    cls = estimators()[name]
    estimator: Any = make(cls, reader.read_all(said["params"]))
    estimator._validate_params()
    restore_requests(estimator, said["requests"])
    tasks = _read_tasks(said["tasks"], reader)
    _set_others(estimator, reader.read_all(said["attributes"]), tasks.n_tasks)
    if estimator._fitted_precision != said["network"]["dtype"]:
        raise refuse("a card with two precisions")
    transferred = _read_transferred(said["transferred"], reader)
    row_shapes = _read_shapes(said["row_shapes"])
    net = _rebuild_net(estimator, said, tasks, len(transferred), row_shapes, reader)
    history = read_history(said["history"], reader)
    net.history.extend({**row, "batches": []} for row in history)
    described = describe_tasks(tasks)
    if is_regressor(estimator):
        del described["classes_"]
    vars(estimator).update(
        described,
        _categories=_read_categories(said["categories"], reader),
        _n_features_out=net.module_.n_represented,
        _row_shapes=row_shapes,
        _scale=_read_scale(said["scale"], tasks.n_tasks - len(transferred), reader),
        _transferred=transferred,
        device_=net.device,
        history_=history,
        module_=net.module_,
        n_iter_=len(history),
        net_=net,
    )
    return estimator


def _rebuild_net(
    estimator: Any,
    said: Any,
    tasks: Tasks,
    n_transferred: int,
    row_shapes: Any,
    reader: Reader,
) -> MultiTaskEngine:
    built_with = reader.read_all(said["built_with"])
    if set(built_with) != set(BUILT_WITH):
        raise refuse("a card with other settings of a network than it has")
    # The engine names the estimator in its errors.
    settings = type(type(estimator).__name__, (SimpleNamespace,), {})(**built_with)
    own = _select(tasks, tasks.n_tasks - n_transferred)
    layout = OutputLayout(own)
    module = rebuild_network(said["network"], settings, layout, row_shapes, reader)
    balancer = None
    if said["balancer"] is not None:
        balancer, state = read_state(said["balancer"], reader)
        balancer.reset(own.n_tasks, are_classification=own.are_classification)
        restore_state(balancer, state)
    generator = torch.Generator().manual_seed(check(said["seed"], int))
    net = assemble_engine(
        settings,
        module,
        WeightedTaskLoss(layout, module.heads.weight.dtype, balancer),
        generator,
        task_names=own.names,
        input_names=list(row_shapes) if isinstance(row_shapes, dict) else None,
        device=_find_device(estimator),
    )
    net.built_with_ = built_with
    net.n_products_ = check(said["n_products"], int)
    net.kept_epoch_ = check(said["kept_epoch"], int)
    net.interrupted = False
    weights = estimator.task_weights_[: own.n_tasks]
    net.criterion_.weigh(check_task_weights(weights, own.names, "load"))
    if said["sampler"] is not None:
        sampler, state = read_state(said["sampler"], reader)
        net.sampler_ = sampler.reset(state["n_labels_"], state["n_epochs_"])
        restore_state(net.sampler_, state)
    return net


def _find_device(estimator: Any) -> str:
    """Return the device that is asked for, or the CPU where it is missing."""
    try:
        return resolve_device(estimator.device, type(estimator).__name__)
    except (RuntimeError, ValueError):
        return "cpu"


def _select(tasks: Tasks, n_tasks: int) -> Tasks:
    return replace(
        tasks,
        names=tasks.names[:n_tasks],
        kinds=tasks.kinds[:n_tasks],
        classes=tasks.classes[:n_tasks],
    )


def _set_others(estimator: Any, attributes: dict[str, Any], n_tasks: int) -> None:
    """Set attributes that are of no meaning to the class itself."""
    for name, value in attributes.items():
        is_free = name.isidentifier() and not hasattr(type(estimator), name)
        is_fitted = name.endswith("_") or name.startswith("_")
        if not is_free or not is_fitted or name.startswith("__"):
            raise refuse(f"a card with the attribute {name!r}")
        check(value, _TYPES.get(name, object))
        if name in _BY_TASK and not 0 < len(value) <= n_tasks:
            raise refuse(f"a card with {len(value)} {name!r}")
        setattr(estimator, name, value)
    missing = sorted(set(_TYPES) - set(_OPTIONAL) - set(attributes))
    if missing or set(estimator.settings_) != set(SETTINGS):
        raise refuse(f"a card without {missing[:1] or 'all settings'}")


def _read_tasks(said: Any, reader: Reader) -> Tasks:
    names, kinds = check(said["names"], list), check(said["kinds"], list)
    classes = [reader.read_part(one, np.ndarray) for one in said["classes"]]
    is_whole = (
        len(names) == len(kinds) == len(classes) > 0
        and len(set(names)) == len(names)
        and all(type(name) is str for name in names)
        and all(kind in get_args(Kind) for kind in kinds)
        and all(
            (known is None) == (kind == "regression")
            for known, kind in zip(classes, kinds, strict=True)
        )
        and all(known is None or (known.ndim == 1 and len(known)) for known in classes)
        and (len(names) == 1 or said["one_dimensional"] is False)
    )
    if not is_whole:
        raise refuse("a card with tasks that are none")
    return Tasks(
        tuple(names),
        tuple(kinds),
        tuple(classes),
        check(said["one_dimensional"], bool),
        check(said["named"], bool),
    )


def _read_transferred(said: Any, reader: Reader) -> tuple[TransferredTask, ...]:
    return tuple(
        TransferredTask(
            check(task["name"], str),
            rebuild(task["estimator"], reader),
            on_representation=True,
        )
        for task in check(said, list)
    )


def _read_shapes(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _read_shapes(shape) for name, shape in said.items()}
    if not all(type(size) is int and 0 <= size < 2**40 for size in check(said, list)):
        raise refuse(f"a card with rows of shape {said!r}")
    return tuple(said)


def _read_scale(said: Any, n_tasks: int, reader: Reader) -> TargetScale:
    scale = TargetScale(np.zeros(n_tasks, dtype=bool))
    for name, value in reader.read_all(said).items():
        own = getattr(scale, name)
        if not isinstance(value, np.ndarray) or (value.shape, value.dtype) != (
            own.shape,
            own.dtype,
        ):
            raise refuse("a card with a scale of other tasks than it has")
        setattr(scale, name, value)
    return scale


def _read_categories(said: Any, reader: Reader) -> Categories | None:
    """Return the categorical columns, their categories learnt from themselves."""
    if said is None:
        return None
    known = [check(reader.read(one), np.ndarray) for one in said["known"]]
    n_rows = max(len(column) for column in known)
    table = np.empty((n_rows, len(known)), dtype=object)
    for k, column in enumerate(known):
        table[:, k] = np.resize(column, n_rows)
    encoder = make_encoder().fit(table)
    for column, learnt in zip(known, encoder.categories_, strict=True):
        if column.tolist() != learnt.tolist():
            raise refuse("a card with categories that are not in order")
    positions = [check(k, int) for k in said["positions"]]
    return Categories(tuple(positions), encoder)
